using System.Globalization;
using System.Text;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>A text that is no machine is refused with its line and what would be right; nothing is thrown, and nothing takes long.</summary>
public class BadText
{
    private static string Refused(string text)
    {
        var machine = MachineImport.Read(text);
        Assert.Null(machine.Scenario);
        return Assert.Single(machine.Notes, n => n.Severity == NoteSeverity.Error).ToString();
    }

    private static string Bridge(string bdf, int secondary) => string.Create(CultureInfo.InvariantCulture,
        $"{bdf} PCI bridge: made up\n\tBus: primary=00, secondary={secondary:x2}, subordinate={secondary:x2}, sec-latency=0\n");

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\n")]
    [InlineData("Dear all,\nthis is not what you want.\n")]
    [InlineData("{\"version\":1}")]
    public void A_text_without_functions_says_what_is_needed(string text) =>
        Assert.Equal("no PCI function of segment 0000 is in the text; the output of lspci -vvv is needed, best with -xxxx and as root", Refused(text));

    [Fact]
    public void Lines_that_are_not_understood_are_listed_with_number_and_text_and_counted_beyond_a_hundred()
    {
        var machine = MachineImport.Read("Hello,\n\n" + Board.Text("board-vvv") + "\nmy box hangs\n");
        var last = Board.Text("board-vvv").Count(c => c == '\n') + 4;
        Assert.Equal(["line 1: not understood: 'Hello,'", $"line {last}: not understood: 'my box hangs'"], machine.Notes.Where(n => n.Severity == NoteSeverity.Unread).Select(n => n.ToString()));
        var many = MachineImport.Read(string.Concat(Enumerable.Repeat("nothing\n", 250)));
        Assert.Equal(250, many.LinesUnread);
        Assert.Equal(101, many.Notes.Count(n => n.Severity == NoteSeverity.Unread));
        Assert.Contains(many.Notes, n => n.What == "150 further lines were not understood");
    }

    [Fact]
    public void A_picture_says_little_and_sends_nothing_odd_to_a_terminal()
    {
        var bytes = new byte[200_000];
        new Random(1).NextBytes(bytes);
        ((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, (byte)'J', (byte)'F', (byte)'I', (byte)'F', 0]).CopyTo(bytes);
        var machine = MachineImport.Read([new ImportFile("photo.jpg", bytes)]);
        Assert.Null(machine.Scenario);
        Assert.InRange(machine.Notes.Count, 1, 110);
        Assert.All(machine.Notes, n => Assert.DoesNotContain(n.ToString(), char.IsControl));
    }

    [Fact]
    public void Two_bridges_to_one_bus_are_refused_where_something_is_on_it()
    {
        var text = Bridge("00:01.0", 1) + Bridge("00:02.0", 1);
        Assert.Equal("line 4: bridges 00:01.0 and 00:02.0 both lead to bus 01; one bridge leads to a bus; is this the text of one machine?",
            Refused(text + "01:00.0 Ethernet controller: made up\n"));
        Assert.NotNull(MachineImport.Read(text).Scenario);
    }

    [Fact]
    public void A_cycle_of_bridges_is_refused_and_named()
    {
        Assert.Contains("bridges form a cycle: 02:00.0, 01:00.0; following bridges up must end at bus 00", Refused(Bridge("01:00.0", 2) + Bridge("02:00.0", 1)), StringComparison.Ordinal);
        Assert.StartsWith("line 2: bridge 01:00.0 leads to bus 01, on which it is itself", Refused(Bridge("01:00.0", 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Bridges_deeper_than_the_model_has_them_are_refused()
    {
        var text = new StringBuilder();
        for (var bus = 0; bus < 40; bus++)
        {
            text.Append(Bridge(string.Create(CultureInfo.InvariantCulture, $"{bus:x2}:00.0"), bus + 1));
        }

        var machine = MachineImport.Read(text.ToString());
        Assert.Null(machine.Scenario);
        Assert.Contains(machine.Notes, n => n.What.Contains("more than 32 deep", StringComparison.Ordinal));
    }

    [Fact]
    public void The_function_after_the_last_that_is_possible_is_refused_with_its_line()
    {
        var text = Functions(5_000);
        Assert.Equal("line 1025: 20:00.0 is one function more than the 1024 that are possible", Refused(text));
        var machine = MachineImport.Read(Functions(900));
        Assert.Equal((900, 928), (machine.Functions.Count, machine.Scenario!.Functions.Count));
        Assert.Equal("1020 functions and 31 bridges to them that the text does not show; at most 1024 are possible", Refused(Functions(1_020)));
    }

    // Found by mutating dumps: each function had capabilities of its own, and what was made of it could be written but not read.
    [Fact]
    public void As_many_different_devices_as_functions_can_be_written_and_read()
    {
        var text = new StringBuilder(Bridge("00:01.0", 1)).Append(Bridge("00:02.0", 2));
        for (var i = 0; i < 400; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"0{(i / 200) + 1}:{i % 200 / 8:x2}.{i % 8} Ethernet controller: card {i}\n\tCapabilities: [50] MSI-X: Enable+ Count={i + 1} Masked-\n");
        }

        var scenario = MachineImport.Read(text.ToString()).Scenario!;
        Assert.Equal(402, RunDocument.Parse(ScenarioDocument.Write(scenario)).Scenario.Functions.Count);
    }

    [Fact]
    public void Functions_with_more_vectors_than_a_cpu_has_are_spread_and_that_is_told()
    {
        var machine = MachineImport.Read(Functions(80));
        var scenario = machine.Scenario!;
        Assert.Equal((3, 3), (scenario.Boots[0].Cpus, scenario.Functions.Max(f => f.Device.VectorsUsed)));
        Assert.Equal(2, scenario.Functions.Select(f => f.Cpu).Distinct().Count());
        Assert.Contains(machine.Notes, n => n.Right == "3 CPUs are taken");
        Assert.All(MachineImport.Read(Functions(20)).Scenario!.Functions, f => Assert.Equal(0, f.Cpu));
    }

    [Fact]
    public void A_text_that_is_too_long_is_refused_with_the_line_where_the_limit_is()
    {
        var text = string.Concat(Enumerable.Repeat(new string('x', 1_023) + "\n", 8_193));
        Assert.Equal("line 8193: 8389632 characters given; at most 8388608 are possible", Refused(text));
        var machine = MachineImport.Read([new ImportFile("a", new byte[5 << 20]), new ImportFile("b", new byte[5 << 20])]);
        Assert.Equal("10485760 bytes given; at most 8388608 are possible", Assert.Single(machine.Notes).ToString());
    }

    [Theory]
    [InlineData("00:1f.2 SATA controller: made up\n", " word")]
    [InlineData("           CPU0\n 16:  33 IO-APIC 16-fasteoi a,\n", "b,\n")]
    [InlineData("00:1f.2 SATA controller: made up\n", "\tCapabilities: [50] MSI: Enable+ Count=1/1 Maskable- 64bit-\n")]
    [InlineData("00:1f.2 SATA controller: made up that is long enough to have been wrapped by a mail client\n", "and that goes on and on until nobody knows any more what it was about\n")]
    [InlineData("irq 1: nobody cared\nhandlers:\n", "irq 2: nobody cared\nhandlers:\n[<00>] a\n")]
    [InlineData("", "16: 1 IO-APIC 16-fasteoi a, b, c, d, e, f, g, h, i, j, k, l, m\n")]
    [InlineData("", "00:1f.2 SATA controller: made up\n00: 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff\n")]
    [InlineData("", "-[0000:00]-+-00.0-[01]--+-00.0-[02]----00.0\n")]
    public void Eight_mebibytes_of_anything_take_no_more_than_their_share(string start, string again)
    {
        TimeSpan Of(int bytes)
        {
            var text = start + string.Concat(Enumerable.Repeat(again, (bytes - start.Length) / again.Length));
            return CpuTime.Of(() => Assert.InRange(MachineImport.Read(text).Notes.Count, 0, 1_200));
        }

        // Eight times the length: what grew with its square would take 64 times as long. How long a second is on a busy machine says nothing.
        var (one, eight) = (Of(1 << 20), Of(8 << 20));
        Assert.True(eight < (24 * one) + TimeSpan.FromSeconds(1), $"1 MiB {one}, 8 MiB {eight}");
    }

    private static string Functions(int n) => string.Concat(Enumerable.Range(0, n).Select(i =>
        string.Create(CultureInfo.InvariantCulture, $"{i >> 5:x2}:{i & 31:x2}.0 Ethernet controller [0200]: made up [8086:10d3]\n")));
}
