namespace PciDash.Cli.Tests;

/// <summary>Every mistake is one line on standard error that says what, where and what would be right; exit code 2, nothing on standard output.</summary>
public sealed class Mistakes : IDisposable
{
    private const string Story = "virtio-nobody-cared-2015";

    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("Required command was not provided")]
    [InlineData("Required argument 'SCENARIO' missing", "run")]
    [InlineData("'frobnicate'", "frobnicate")]
    [InlineData("'--frobnicate'", "run", Story, "--frobnicate")]
    [InlineData("SCENARIO 'nope': no preset and no file of that name; a preset ('pcidash presets' lists them), a file, a share link or - is needed", "run", "nope")]
    [InlineData("SCENARIO '@nope': no preset", "run", "@nope")]
    [InlineData("--format 'yaml': text, jsonl, csv, vcd, perfetto are possible", "run", Story, "--format", "yaml")]
    [InlineData("--time-limit 0: more than 0, at most 1000000 seconds are possible", "run", Story, "--time-limit", "0")]
    [InlineData("boots[0].kernel: unknown kernel '2.4'; 2.6.24, ", "run", Story, "--kernel", "2.4")]
    [InlineData("boots[0].policy: unknown policy 'P9'; P0, ", "run", Story, "--policy", "P9")]
    [InlineData("boots[0].path: unknown path 'sleep'; reboot, poweroff, kexec, kdump, none are possible", "run", Story, "--path", "sleep")]
    [InlineData("--set boots: PATH=VALUE is needed", "run", Story, "--set", "boots")]
    [InlineData("boots[5].cmdline: '5' leads nowhere", "run", Story, "--set", "boots[5].cmdline=x")]
    [InlineData("boots[0]..x: '' leads nowhere", "run", Story, "--set", "boots[0]..x=1")]
    [InlineData("functions[0].cpu: 99 given; 0 to 7 are possible; boots[0].cpus: 0 given; 1 to 8 are possible", "run", Story, "--set", "functions[0].cpu=99", "--set", "boots[0].cpus=0")]
    [InlineData("functions: 00:09.0 is given twice", "run", Story, "--set", "functions[0].bdf=00:09.0")]
    [InlineData("functions: 00:09.0 is given twice", "link", Story, "--set", "functions[0].bdf=00:09.0")]
    [InlineData("link: version '9' given; this program reads version 1", "open", "/s/9abc")]
    [InlineData("SCENARIO 'nope': no preset", "open", "nope")]
    [InlineData("--format 'gif': svg, png are possible", "picture", Story, "--format", "gif")]
    [InlineData("functions: QEMU has no device for any of them", "qemu", "p50-gpu-boot")]
    [InlineData("link: its content cannot be unpacked", "run", "/s/1abcd")]
    public void One_line_says_it(string line, params string[] args) => Assert.Contains(line, Cli.Failure(args), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_no_scenario_is_refused()
    {
        string Save(string text)
        {
            var path = Path.Combine(folder, "bad.json");
            File.WriteAllText(path, text);
            return path;
        }

        Assert.StartsWith("document: not JSON at line 2, byte 1", Cli.Failure("run", Save("{\n")), StringComparison.Ordinal);
        Assert.StartsWith("version: missing", Cli.Failure("run", Save("{}")), StringComparison.Ordinal);
        Assert.Contains("more than 8388608 bytes", Cli.Failure("run", Save(new string(' ', 8_388_609))), StringComparison.Ordinal);
        Assert.NotEmpty(Cli.Failure("run", folder));
    }

    [Fact]
    public void What_is_read_over_is_a_warning_and_not_a_mistake()
    {
        var (code, output, error) = Cli.Run("run", Story, "--set", "boots[0].cmdline=quiet noirqdebug");
        Assert.Equal(0, code);
        Assert.NotEmpty(output);
        Assert.Equal("pcidash: warning: boots[0].cmdline: 'quiet' is not modelled and was left out\n", error);
    }
}
