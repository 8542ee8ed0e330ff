using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;
using PciDash.Scenarios.Import;
using Xunit.Abstractions;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>Configuration space is read as lspci itself reads it: <c>lspci -F FILE -vvv</c> is asked about the same bytes.</summary>
public partial class HexOracle(ITestOutputHelper output)
{
    private static readonly string[] Bits =
        ["I/O", "Mem", "BusMaster", "SpecCycle", "MemWINV", "VGASnoop", "ParErr", "Stepping", "SERR", "FastB2B", "DisINTx"];

    [Fact]
    public void Every_bit_that_lspci_prints_of_a_dump_is_the_same_here()
    {
        if (!IsInstalled())
        {
            output.WriteLine("no lspci on this machine (Debian: pciutils): nothing was compared; the fixture's own values are tested without it");
            return;
        }

        var compared = Compare(Path.Combine(AppContext.BaseDirectory, "Fixtures", "import", "board-xxx.txt"));
        Assert.Equal(7, compared);
        output.WriteLine($"fixture: {compared} functions");
        var (files, functions) = (0, 0);
        foreach (var file in Corpus.Files("lspci").Where(f => HexRow().IsMatch(File.ReadAllText(f))))
        {
            functions += Compare(file);
            files++;
        }

        output.WriteLine(Corpus.IsThere ? $"corpus: {functions} functions in {files} files" : Corpus.Absent);
    }

    private static int Compare(string file)
    {
        var oracle = Blocks(Listing(file));
        var machine = MachineImport.Read(File.ReadAllText(file));
        var n = 0;
        foreach (var f in machine.Functions.Where(f => f.Config is not null && !f.IsSilent))
        {
            var said = oracle[f.Bdf];
            var where = $"{file} {f.Bdf}";
            var control = Bits.Select((bit, i) => Regex.IsMatch(said, $@"^\tControl:.* {Regex.Escape(bit)}\+", RegexOptions.Multiline) ? 1 << i : 0).Sum();
            Assert.True(control == (f.Command!.Value.Value & 0x07ff), $"{where}: command {f.Command.Value.Value:x4}, lspci {control:x4}");
            Assert.True((control & 4) != 0 == f.BusMaster!.Value.Value, $"{where}: bus master");
            var pin = Pin().Match(said) is { Success: true } p ? p.Groups[1].Value : "?";
            Assert.True(pin == (f.Pin!.Value.Value == InterruptPin.None ? "?" : f.Pin.Value.Value.ToString()), $"{where}: pin {f.Pin.Value.Value}, lspci {pin}");
            Assert.True((Secondary().Match(said) is { Success: true } b ? Hex(b.Groups[1].Value) : -1) == (f.SecondaryBus?.Value ?? -1), $"{where}: bus");
            Assert.True(MsiOf(said) == (f.Msi is { Source: FactSource.Hex } msi ? msi.Value : null), $"{where}: {f.Msi?.Value}, lspci {MsiOf(said)}");
            Assert.True(MsixOf(said) == (f.Msix is { Source: FactSource.Hex } msix ? msix.Value : null), $"{where}: {f.Msix?.Value}, lspci {MsixOf(said)}");
            n++;
        }

        return n;
    }

    // lspci -F wants the rows right below an address, so it gets addresses and rows only.
    private static string Listing(string file)
    {
        var dump = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(dump, File.ReadLines(file).SelectMany(l => Head().Match(l) is { Success: true } h ? ["", h.Groups[1].Value + " x"]
                : HexRow().IsMatch(l) ? [l.Trim()] : Array.Empty<string>()));
            return Lspci("-F", dump, "-vvv");
        }
        finally
        {
            File.Delete(dump);
        }
    }

    private static MsiCapability? MsiOf(string said) => Msi().Match(said) is not { Success: true } m ? null
        : new MsiCapability(Hex(m.Groups[1].Value), m.Groups[2].Value == "+", int.Parse(m.Groups[4].Value, CultureInfo.InvariantCulture), m.Groups[5].Value == "+")
        {
            MessagesEnabled = int.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture),
            Masks = m.Groups[6].Success ? uint.Parse(m.Groups[6].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null,
        };

    private static MsixCapability? MsixOf(string said) => Msix().Match(said) is not { Success: true } m ? null
        : new MsixCapability(Hex(m.Groups[1].Value), m.Groups[2].Value == "+", int.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture), m.Groups[4].Value == "+");

    private static Dictionary<Bdf, string> Blocks(string listing)
    {
        var blocks = new Dictionary<Bdf, string>();
        foreach (var block in listing.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var head = block.TrimStart('\n');
            if (Bdf.TryParse(head[..head.IndexOf(' ', StringComparison.Ordinal)], out var bdf))
            {
                blocks.TryAdd(bdf, head);
            }
        }

        return blocks;
    }

    private static bool IsInstalled()
    {
        try
        {
            return Lspci("--version").Length > 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Lspci(params string[] arguments)
    {
        using var lspci = Process.Start(new ProcessStartInfo("lspci", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        lspci.ErrorDataReceived += (_, _) => { };
        lspci.BeginErrorReadLine();
        var text = lspci.StandardOutput.ReadToEnd();
        lspci.WaitForExit();
        return text;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*(?:0000:)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) ")]
    private static partial Regex Head();

    [GeneratedRegex(@"^\s*[0-9a-f]{1,2}0: ([0-9a-f]{2} ){15}[0-9a-f]{2}\s*$", RegexOptions.Multiline)]
    private static partial Regex HexRow();

    [GeneratedRegex(@"^\tInterrupt: pin (.) routed", RegexOptions.Multiline)]
    private static partial Regex Pin();

    [GeneratedRegex(@"^\tBus: primary=[0-9a-f]+, secondary=([0-9a-f]+)", RegexOptions.Multiline)]
    private static partial Regex Secondary();

    [GeneratedRegex(@"\[([0-9a-f]+)\] MSI: Enable([+-]) Count=(\d+)/(\d+) Maskable([+-]) 64bit[+-]\n\t\tAddress: .*(?:\n\t\tMasking: ([0-9a-f]+))?")]
    private static partial Regex Msi();

    [GeneratedRegex(@"\[([0-9a-f]+)\] MSI-X: Enable([+-]) Count=(\d+) Masked([+-])")]
    private static partial Regex Msix();
}
