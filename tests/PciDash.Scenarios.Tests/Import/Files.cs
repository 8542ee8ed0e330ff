using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>Configuration spaces as files, in a tar or not, give what the same bytes give as hex.</summary>
public class Files
{
    private static readonly List<(string Bdf, byte[] Bytes)> Spaces = Read();

    private static List<string> Text => [.. MachineImport.Read(string.Concat(Board.Text("board-xxx").Split('\n').Select(l => (l.Length > 7 && l[2] == ':' && l[5] == '.' ? l[..8] + "Class 0000:" : l) + "\n"))).Functions.Select(Facts.Of)];

    [Fact]
    public void Config_files_give_the_same_as_hex()
    {
        var files = Spaces.Select(s => new ImportFile($"/sys/bus/pci/devices/0000:{s.Bdf}/config", s.Bytes)).ToList();
        var machine = MachineImport.Read(files);
        Assert.Equal(7, machine.Functions.Count);
        Assert.Equal(Text, machine.Functions.Select(Facts.Of));
        Assert.NotNull(machine.Scenario);
        Assert.Equal("02:04.0", machine.Scenario.Functions[^1].Bdf.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tar_of_them_gives_the_same_packed_or_not(bool isPacked)
    {
        var tar = Tar(Spaces.Select(s => ($"sys/bus/pci/devices/0000:{s.Bdf}/config", s.Bytes)));
        if (isPacked)
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionMode.Compress))
            {
                gzip.Write(tar);
            }

            tar = packed.ToArray();
        }

        Assert.Equal(Text, MachineImport.Read([new ImportFile("config.tar", tar)]).Functions.Select(Facts.Of));
    }

    [Fact]
    public void What_an_archive_filled_up_with_zeros_was_not_read()
    {
        var cut = Spaces.Select(s => (s.Bdf, Bytes: (byte[])[.. s.Bytes[..64], .. new byte[192]]));
        var machine = MachineImport.Read([.. cut.Select(s => new ImportFile($"0000:{s.Bdf}/config", s.Bytes))]);
        var card = machine.Functions.Single(f => f.Bdf.Device == 0x19);
        Assert.False(card.CapabilitiesSeen);
        Assert.Null(card.Msix);
        Assert.True(machine.Functions.Single(f => f.Bdf.Device == 0x1d).CapabilitiesSeen);
    }

    [Fact]
    public void Files_and_text_together_are_one_machine_and_notes_name_the_file()
    {
        var machine = MachineImport.Read(
        [
            new ImportFile("lspci.txt", Encoding.UTF8.GetBytes(Board.Text("board-nnk") + "\nwhat?\n")),
            new ImportFile("/proc/interrupts", Encoding.UTF8.GetBytes("           CPU0       CPU1\n 20:  3  0  IO-APIC  20-fasteoi   e1000e\n")),
            new ImportFile("/proc/cmdline", "ro quiet noirqdebug\n"u8.ToArray()),
            .. Spaces.Select(s => new ImportFile($"0000:{s.Bdf}/config", s.Bytes)),
        ]);
        Assert.Equal((2, true), (machine.Scenario!.Boots[0].Cpus, machine.Scenario.Boots[0].NoIrqDebug));
        Assert.Equal(FactSource.Hex, machine.Functions[2].Msix!.Value.Source);
        Assert.Contains(machine.Notes, n => n.ToString() == "lspci.txt: line 14: not understood: 'what?'");
    }

    [Fact]
    public void Bytes_of_another_segment_are_told()
    {
        var machine = MachineImport.Read([new ImportFile("0001:00:00.0/config", Spaces[0].Bytes), new ImportFile("0000:00:00.0/config", Spaces[0].Bytes)]);
        Assert.Single(machine.Functions);
        Assert.Contains(machine.Notes, n => n.What == "segment 0001: 1 function left out");
    }

    [Fact]
    public void A_damaged_archive_and_one_that_unpacks_too_large_are_refused()
    {
        var tar = Tar(Spaces.Select(s => ($"0000:{s.Bdf}/config", s.Bytes)));
        var damaged = MachineImport.Read([new ImportFile("config.tar", tar.AsMemory(0, 700))]);
        Assert.Contains(damaged.Notes, n => n.What.StartsWith("config.tar is damaged", StringComparison.Ordinal));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(new byte[20 << 20]);
        }

        var bomb = MachineImport.Read([new ImportFile("bomb.gz", packed.ToArray())]);
        Assert.Equal("more than 8388608 bytes once unpacked; that is the most that is possible", Assert.Single(bomb.Notes).ToString());
    }

    [Fact]
    public void Text_that_powershell_redirected_is_read()
    {
        var bytes = (byte[])[0xff, 0xfe, .. Encoding.Unicode.GetBytes(Board.Text("board-vvv"))];
        Assert.Equal(Facts.Of(Board.Text("board-vvv")), MachineImport.Read([new ImportFile("lspci.txt", bytes)]).Functions.Select(Facts.Of));
    }

    private static byte[] Tar(IEnumerable<(string Name, byte[] Bytes)> entries)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
            }
        }

        return tar.ToArray();
    }

    private static List<(string Bdf, byte[] Bytes)> Read()
    {
        var all = new List<(string, List<byte>)>();
        foreach (var line in Board.Text("board-xxx").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[5] == '.')
            {
                all.Add((line[..7], []));
            }
            else
            {
                all[^1].Item2.AddRange(line[4..].Split(' ').Select(b => byte.Parse(b, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
            }
        }

        return [.. all.Select(s => (s.Item1, s.Item2.ToArray()))];
    }
}
