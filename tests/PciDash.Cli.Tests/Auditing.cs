using System.Text.Json;

namespace PciDash.Cli.Tests;

/// <summary><c>pcidash audit</c>: a machine, or a folder of them.</summary>
public sealed class Auditing : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Save(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
        File.WriteAllText(Path.Combine(folder, name), text);
    }

    [Fact]
    public void A_preset_is_told_worst_first_with_why_what_helps_and_a_link()
    {
        var text = Cli.Output("audit", "virtio-nobody-cared-2015", "--kernels", "4.1,6.18", "--paths", "reboot", "--runs", "2");
        Assert.Contains("1 path under Linux 4.1, 6.18, 2 seeded runs each: 4 runs.", text, StringComparison.Ordinal);
        Assert.Contains("broken  IRQ 21  storm-disabled", text, StringComparison.Ordinal);
        Assert.Contains("4.1 reboot 2 of 2", text, StringComparison.Ordinal);
        Assert.Contains("helps", text, StringComparison.Ordinal);
        var link = text.Split('\n').Single(l => l.StartsWith("  open", StringComparison.Ordinal)).Split(' ')[^1];
        Assert.Contains("nobody_cared", Cli.Output("run", link), StringComparison.Ordinal);
        Assert.Contains("not seen is not never", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_ordering_can_be_tried_of_a_machine_and_of_a_folder()
    {
        string[] asked = ["audit", "virtio-nobody-cared-2015", "--kernels", "4.1,6.18", "--paths", "reboot", "--runs", "1", "--orderings"];
        var text = Cli.Output(asked);
        var verdicts = text[text.IndexOf("All orderings", StringComparison.Ordinal)..];
        Assert.Matches(@"4\.1 P4 reboot +\d violated", verdicts);
        Assert.Matches(@"6\.18 P5 reboot +\d+ hold", verdicts);
        Assert.Contains("✗ no-spurious-disable", verdicts, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Cli.Output([.. asked, "--format", "json"]));
        Assert.Equal(2, json.RootElement.GetProperty("orderings").GetProperty("cells").GetArrayLength());
        Save("a", "00:19.0 Ethernet controller [0200]: Intel [8086:10d3]\n");
        var lines = OfFolder("--kernels", "4.1", "--paths", "reboot", "--orderings", "--format", "json").Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(1, lines[0].GetProperty("orderings").GetProperty("cells").GetArrayLength());
        Assert.Equal(1, lines[^1].GetProperty("summary").GetProperty("orderings").EnumerateArray().First(v => v.GetProperty("property").GetString() == "no-spurious-disable").GetProperty("holds").GetInt32());
    }

    [Fact]
    public void What_a_machine_printed_is_imported_first()
    {
        var (code, output, error) = Cli.RunWith("Hello,\n00:19.0 Ethernet controller [0200]: Intel [8086:10d3]\n\tKernel driver in use: e1000e\n", "audit", "-", "--format", "json", "--runs", "1");
        Assert.Equal(0, code);
        Assert.Contains("line 1: not understood", error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(1, json.RootElement.GetProperty("functions").GetInt32());
        Assert.Equal(2, json.RootElement.GetProperty("subjects").GetArrayLength());
    }

    [Fact]
    public void A_folder_is_a_fleet_and_its_json_a_machine_a_line()
    {
        Save("rack1/a.json", Cli.Output("open", Cli.Output("link", "virtio-nobody-cared-2015").Trim()));
        Save("rack2/b.txt", "00:19.0 Ethernet controller [0200]: Intel [8086:10d3]\n\tKernel driver in use: e1000e\n");
        Save("rack2/notes", "nothing of it\n");
        var text = OfFolder(); // One run each, where a single machine has four.
        Assert.Equal(text, OfFolder("--runs", "1"));
        Assert.Contains("rack1/a.json: 2 functions: IRQ 21 storm-disabled", text, StringComparison.Ordinal);
        Assert.Contains("rack2/notes: not read: ", text, StringComparison.Ordinal);
        Assert.Contains("2 machines with 3 functions", text, StringComparison.Ordinal);
        var lines = OfFolder("--runs", "1", "--format", "json").TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        using var last = JsonDocument.Parse(lines[^1]);
        Assert.Equal(2, last.RootElement.GetProperty("summary").GetProperty("machines").GetInt32());
        Assert.Contains("| 1 | storm-disabled |", OfFolder("--runs", "1", "--format", "markdown"), StringComparison.Ordinal);
    }

    // Whoever waits for a whole folder is told on the other stream how far it is.
    private string OfFolder(params string[] options)
    {
        var (code, text, _) = Cli.Start(["audit", folder, .. options]);
        Assert.Equal(0, code);
        return text;
    }

    [Theory]
    [InlineData("--runs 0: 1 to 1000 are possible", "--runs", "0")]
    [InlineData("--kernels: unknown kernel '9.9'", "--kernels", "9.9")]
    [InlineData("--paths: unknown path 'halt'; reboot, poweroff, kexec, kdump are possible", "--paths", "halt")]
    [InlineData("--format 'pdf': text, json, markdown are possible", "--format", "pdf")]
    public void Mistakes_say_what_would_be_right(string expected, params string[] options) =>
        Assert.Contains(expected, Cli.Failure(["audit", "virtio-nobody-cared-2015", .. options]), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_no_machine_and_an_empty_folder_are_refused()
    {
        Save("x", "nothing of it\n");
        Assert.Contains("no PCI function", Cli.Failure("audit", Path.Combine(folder, "x")), StringComparison.Ordinal);
        Assert.Contains("no file of that name", Cli.Failure("audit", Path.Combine(folder, "y")), StringComparison.Ordinal);
        Assert.Contains("it has no files", Cli.Failure("audit", Directory.CreateDirectory(Path.Combine(folder, "empty")).FullName), StringComparison.Ordinal);
    }
}
