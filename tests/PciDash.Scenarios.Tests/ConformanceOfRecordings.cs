using PciDash.Scenarios.Conformance;
using Xunit.Abstractions;

namespace PciDash.Scenarios.Tests;

/// <summary>Recordings of real kernels: small cuts in Fixtures/recordings always, the whole ones where they lie beside the repository.</summary>
public sealed class ConformanceOfRecordings(ITestOutputHelper output) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "recordings", name);

    [Theory]
    [InlineData("s5a_vnet_uhci_msixshut", 6)]
    [InlineData("s5b_vnet_nohandler", 3)]
    [InlineData("s3o_kexec_oldmsi_thenbme", 4)]
    [InlineData("q35-virtio", 2)]
    [InlineData("pc-bridge-shared-intx", 2)]
    [InlineData("vectors0_reboot", 7)]
    [InlineData("kdump_busy_line", 4)]
    [InlineData("kexec_pulse_in_handler", 6)]
    [InlineData("kit_reboot_q35_k612", 2)]
    [InlineData("kit_kexec_pc_k612", 4)]
    public void A_cut_of_a_recording_is_explained_and_each_of_its_mutants_is_not(string name, int mutants)
    {
        var report = ConformanceReport.Of(Fixture(name));
        output.WriteLine(report.Text);
        Assert.Equal(0, report.ExitCode);
        Assert.Equal((report.Result!.ExactTotal, report.Result.BoundedTotal), (report.Result.ExactExplained, report.Result.BoundedExplained));
        Assert.True(report.Result.ExactTotal > 2);
        Assert.Equal(mutants, report.Mutants.Count);
        Assert.All(report.Mutants, m => Assert.True(m.Rejected, m.Name));
        Assert.Empty(report.Recorded.Problems);
        Assert.All(report.Derived.Fields, f => Assert.NotEmpty(f.Source));
    }

    [Fact]
    public void All_recordings_that_are_here_are_explained()
    {
        var root = Environment.GetEnvironmentVariable("PCIDASH_RECORDINGS") ?? Beside("shared/recordings");
        if (root is null || !Directory.Exists(root))
        {
            output.WriteLine("not compared: the recordings are not here; set PCIDASH_RECORDINGS to their folder");
            return;
        }

        var reports = Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal).Select(ConformanceReport.Of).ToList();
        reports.ForEach(r => output.WriteLine(r.Summary));
        Assert.NotEmpty(reports);
        Assert.All(reports, r => Assert.True(r.ExitCode == 0, r.Summary));
        Assert.All(reports, r => Assert.All(r.Mutants, m => Assert.True(m.Rejected, $"{r.Recorded.Name}: {m.Name}")));
    }

    [Fact]
    public void Damaged_lines_are_told_with_their_place_and_the_rest_is_used()
    {
        foreach (var file in Directory.EnumerateFiles(Fixture("s5b_vnet_nohandler")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var events = File.ReadAllLines(Path.Combine(folder, "events.jsonl"));
        File.WriteAllLines(Path.Combine(folder, "events.jsonl"), ["{\"t\":0,\"ev\":\"never_heard_of\"}", "[]", "{\"ev\":\"cmd_write\"}", .. events, events[0][..20]]);
        var run = RecordedRunReader.Read(folder);
        Assert.Equal(
            [
                "events.jsonl:2: it has no \"ev\"; it is read over", "events.jsonl:3: cmd_write has no time \"t\"; it is read over",
                FormattableString.Invariant($"events.jsonl:{events.Length + 4}: it is no JSON (cut?); it is read over"),
            ],
            run.Problems);
        Assert.Equal(1, run.Ignored["never_heard_of"]);
        Assert.Equal(0, ConformanceReport.Of(folder).ExitCode);
    }

    // The helper module registers a handler of no function: with it the same events need another kernel behaviour, so the recording, which
    // was made without it, is contradicted. "dummyh" says HANDLED and hides the storm; "dummy" makes one where there was no handler.
    [Theory]
    [InlineData("s5a_vnet_uhci_msixshut", "dummyh 21")]
    [InlineData("s5b_vnet_nohandler", "dummy 21")]
    public void A_handler_of_no_function_counts_like_any_other(string name, string command)
    {
        foreach (var file in Directory.GetFiles(Fixture(name)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        Assert.Equal(0, ConformanceReport.Of(folder).ExitCode);
        var script = Path.Combine(folder, "guest-1.sh");
        File.WriteAllText(script, $"echo \"{command}\" > /proc/pcidash\n" + File.ReadAllText(script));

        var report = ConformanceReport.Of(folder);
        Assert.Equal(1, report.ExitCode);
        Assert.Contains(report.Derived.Fields, f => f.Value == command.Split(' ')[0] + " on irq 21");
    }

    [Fact]
    public void What_cannot_be_derived_is_named()
    {
        File.Copy(Path.Combine(Fixture("s5a_vnet_uhci_msixshut"), "events.jsonl"), Path.Combine(folder, "events.jsonl"));
        var report = ConformanceReport.Of(folder);
        Assert.Equal(2, report.ExitCode);
        Assert.Contains(report.Derived.Missing, m => m.StartsWith("platform:", StringComparison.Ordinal));
        Assert.Contains(report.Derived.Missing, m => m.StartsWith("functions:", StringComparison.Ordinal));
        Assert.Contains(report.Derived.Missing, m => m.StartsWith("boots[0].release:", StringComparison.Ordinal));
    }

    private static string? Beside(string folder)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Combine(at.FullName, folder)))
            {
                return Path.Combine(at.FullName, folder);
            }
        }

        return null;
    }
}
