using PciDash.Scenarios;

namespace PciDash.Cli.Tests;

/// <summary><c>pcidash kit</c>: the folder is written; what QEMU lacks and what differs goes to standard error.</summary>
public sealed class Kitting : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_folder_has_all_that_a_recording_needs()
    {
        var kit = Path.Combine(folder, "new", "kit");
        var (code, output, error) = Cli.Run("kit", "virtio-nobody-cared-2015", kit, "--path", "kexec", "--kernel", "6.12");
        Assert.Equal((0, ""), (code, output));
        Assert.Equal("note: boots[0].release: the scenario's kernel is 6.12; any may be used, and conform takes the version from the recording\n", error);
        Assert.Equal(
            ["README.md", "guest-1.sh", "guest-2.sh", "init", "mkinitramfs.sh", "modules.txt", "run.sh", "scenario.json", "trace-events.txt"],
            Directory.EnumerateFiles(kit).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("6.12", ScenarioDocument.Parse(File.ReadAllText(Path.Combine(kit, "scenario.json"))).Scenario.Boots[0].Release.Version);
    }

    [Fact]
    public void What_QEMU_has_no_device_for_is_named_and_the_rest_is_written()
    {
        var (code, _, error) = Cli.Run("kit", "console-2017", Path.Combine(folder, "kit"));
        Assert.Equal(0, code);
        Assert.StartsWith("left out: 00:03.0 (nvidia-gpu): QEMU has no such device\n", error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "kit", "run.sh")));
    }

    [Fact]
    public void Nothing_is_written_where_nothing_is_left()
    {
        Assert.StartsWith("functions: QEMU has no device for any of them", Cli.Failure("kit", "p50-gpu-boot", Path.Combine(folder, "kit")), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "kit")));
    }

    [Fact]
    public void A_folder_that_is_not_empty_is_left_alone()
    {
        File.WriteAllText(Path.Combine(folder, "mine"), "");
        Assert.Equal($"DIR '{folder}': it is not empty; a folder that is new or empty is needed", Cli.Failure("kit", "virtio-nobody-cared-2015", folder));
        Assert.Equal("Required argument 'DIR' missing for command: 'kit'. 'pcidash --help' lists what is possible.", Cli.Failure("kit", "virtio-nobody-cared-2015"));
    }
}
