using PciDash.Scenarios;

namespace PciDash.Cli.Tests;

/// <summary><c>pcidash import</c>: the scenario goes to standard output, what was guessed to standard error.</summary>
public sealed class Importing : IDisposable
{
    private const string Listing = """
        Hello,
        00:00.0 Host bridge [0600]: made up [8086:29c0]
        00:19.0 Ethernet controller [0200]: made up [8086:10d3]
        	Kernel driver in use: e1000e
        00:1d.0 USB controller [0c03]: made up [8086:2934]
        	Kernel driver in use: uhci_hcd
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Save(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    [Theory]
    [InlineData("import")]
    [InlineData("import", "lspci")]
    public void A_listing_becomes_a_scenario_and_the_notes_are_lines(params string[] command)
    {
        var (code, output, error) = Cli.Run([.. command, Save("lspci.txt", Listing)]);
        Assert.Equal(0, code);
        var scenario = ScenarioDocument.Parse(output).Scenario;
        Assert.Equal(["host-bridge", "e1000e", "uhci"], scenario.Functions.Select(f => f.Device.Id));
        Assert.Equal(output, ScenarioDocument.Write(scenario));
        Assert.Contains("line 1: not understood: 'Hello,'\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_files_are_one_machine()
    {
        var (code, output, error) = Cli.Run("import", Save("a", Listing), Save("b", "$ uname -r\n4.1.6\n"), Save("cmdline", "ro noirqdebug\n"),
            Save("c", "irq 19: nobody cared (try booting with the \"irqpoll\" option)\nhandlers:\n[<00>] usb_hcd_irq\nDisabling IRQ #19\n"));
        Assert.Equal(0, code);
        var boot = ScenarioDocument.Parse(output).Scenario.Boots[0];
        Assert.Equal(("4.1", true), (boot.Release.Version, boot.NoIrqDebug));
        Assert.Contains(Path.Combine(folder, "a") + ": line 1: not understood", error, StringComparison.Ordinal);
        Assert.Contains("nobody cared for irq 19; handlers usb_hcd_irq; functions not listed\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_is_a_file_too()
    {
        var (code, output, _) = Cli.RunWith(Listing, "import", "-");
        Assert.Equal(0, code);
        Assert.Equal(3, ScenarioDocument.Parse(output).Scenario.Functions.Count);
    }

    [Fact]
    public void What_is_no_machine_is_one_line_and_exit_2()
    {
        Assert.StartsWith("no PCI function of segment 0000 is in the text", Cli.Failure("import", Save("x", "nothing")), StringComparison.Ordinal);
        Assert.StartsWith("FILE 'nope': no file of that name", Cli.Failure("import", "nope"), StringComparison.Ordinal);
        Assert.Contains("at most 8388608 are possible", Cli.Failure("import", Save("long", new string('x', 8_388_609))), StringComparison.Ordinal);
        Assert.Contains("Required argument", Cli.Failure("import"), StringComparison.Ordinal);
    }
}
