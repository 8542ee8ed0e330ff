using System.Formats.Tar;
using System.IO.Compression;
using PciDash.Scenarios.Conformance;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Tests;

/// <summary>A recording that comes over the wire, and which of its events the model met by what.</summary>
public class RecordingsThatAreSent
{
    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "recordings", name);

    private static List<ImportFile> Files(string name) => [.. Directory.EnumerateFiles(Fixture(name)).Select(f => new ImportFile(Path.GetFileName(f), File.ReadAllBytes(f)))];

    private static ConformanceReport Check(IReadOnlyList<ImportFile> files) => ConformanceReport.Of(RecordedRunReader.Read("sent", files), withMutants: false);

    private static byte[] Tar(string name)
    {
        using var bytes = new MemoryStream();
        TarFile.CreateFromDirectory(Fixture(name), bytes, includeBaseDirectory: true);
        return bytes.ToArray();
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            zip.Write(bytes);
        }

        return packed.ToArray();
    }

    public static TheoryData<string> Recordings => new(Directory.EnumerateDirectories(Fixture("")).Select(d => Path.GetFileName(d)!).Order());

    [Theory]
    [MemberData(nameof(Recordings))]
    public void As_files_as_a_tar_and_as_a_packed_tar_it_says_what_its_folder_says(string name)
    {
        var expected = ConformanceReport.Of(RecordedRunReader.Read(Fixture(name)), withMutants: false).Text.Replace(name, "sent", StringComparison.Ordinal);
        Assert.Equal(expected, Check(Files(name)).Text);
        Assert.Equal(expected, Check([new("r.tar", Tar(name))]).Text);
        Assert.Equal(expected, Check([new("r.tgz", Packed(Tar(name)))]).Text);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Every_judged_event_of_an_explained_recording_has_its_event_of_the_model(string name)
    {
        var matches = Check(Files(name)).Result!.Matches;
        Assert.NotEmpty(matches);
        Assert.All(matches.Where(m => m.Observed.Class != ObservedClass.Hint), m => Assert.True(m.IsWhole, m.ToString()));

        // An exact one was met by an event that says the same of the same function or line.
        foreach (var m in matches.Where(m => m.Observed.Class == ObservedClass.Exact))
        {
            Assert.Contains(m.Observed.Kind switch
            {
                ObservedKind.Command => "cfg_command", ObservedKind.Msi => "cfg_msi ", ObservedKind.Msix => "cfg_msix", ObservedKind.Shutdown => "driver_shutdown",
                ObservedKind.Line => "line", ObservedKind.Pin => "ioapic_pin", _ => "irq_delivered",
            }, m.Model + " ", StringComparison.Ordinal);
            Assert.Contains(m.Observed.Bdf?.ToString() ?? FormattableString.Invariant($"{m.Observed.Gsi}"), m.Model, StringComparison.Ordinal);
        }

        // On one function or line the model did them in the recorded order.
        foreach (var own in matches.Where(m => m.Observed is { Class: ObservedClass.Exact, Times: 1, Kind: not ObservedKind.Shutdown }).GroupBy(m => (m.Observed.Bdf, m.Observed.Gsi)))
        {
            var orders = own.OrderBy(m => m.Observed.T).ToList();
            Assert.All(orders.Zip(orders.Skip(1)).Where(p => p.First.Observed.T < p.Second.Observed.T), p => Assert.True(p.First.Order < p.Second.Order));
        }
    }

    [Fact]
    public void Of_a_recording_that_is_not_explained_the_farthest_try_is_told()
    {
        var recorded = RecordedRunReader.Read(Fixture("kit_reboot_q35_k612"));
        var scenario = ScenarioDeriver.Derive(recorded).Scenario!;
        var mutant = Mutants.Of(recorded, scenario)[0];
        var result = ConformanceCheck.Check(recorded, mutant.Events, mutant.Scenario);
        Assert.Equal(ConformanceVerdict.NotExplained, result.Verdict);
        Assert.Equal(result.ExactExplained, result.Matches.Count(m => m.Observed.Class == ObservedClass.Exact && m.IsWhole));
        Assert.True(result.First is null || result.Matches.Any(m => m.Observed == result.First && !m.IsWhole));
    }

    [Fact]
    public void What_is_no_recording_says_what_is_needed()
    {
        var e = Assert.ThrowsAny<IOException>(() => RecordedRunReader.Read("sent", [new("a.txt", "hello"u8.ToArray())]));
        Assert.Contains("events.jsonl", e.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => RecordedRunReader.Read("sent", [new("r.tgz", "no gzip"u8.ToArray())])).Message, StringComparison.Ordinal);
        var half = Packed(Tar("q35-virtio"));
        Assert.Throws<InvalidDataException>(() => RecordedRunReader.Read("sent", [new("r.tgz", half.AsMemory(0, half.Length / 2))]));
        Assert.Throws<InvalidDataException>(() => RecordedRunReader.Read("sent", [new("r.tgz", Packed(new byte[9 << 20]))]));
    }

    [Fact]
    public void A_line_without_an_end_and_a_file_sent_twice_are_told_and_the_rest_is_used()
    {
        var files = Files("kit_reboot_q35_k612");
        var bulk = files.FindIndex(f => f.Name == "bulk.txt");
        var twice = RecordedRunReader.Read("sent", [.. files, files[bulk] with { Name = "again/bulk.txt" }]);
        Assert.Contains(twice.Problems, p => p == "bulk.txt: sent twice; the first is read");

        files.RemoveAll(f => f.Name.StartsWith("trace", StringComparison.Ordinal));
        var endless = new byte[6 << 20];
        Array.Fill(endless, (byte)'x');
        var e = Assert.ThrowsAny<IOException>(() => RecordedRunReader.Read("sent", [.. files, new("trace.gz", Packed(endless))]));
        Assert.Contains("no mark 1", e.Message, StringComparison.Ordinal);
    }
}
