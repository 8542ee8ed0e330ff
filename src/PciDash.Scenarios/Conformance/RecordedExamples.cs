using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Conformance;

/// <summary>A recording that the program brings along.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="Title">What was recorded.</param>
public sealed record RecordedExample(string Name, string Title);

/// <summary>Recordings of real kernels that the program brings along, to be laid over the model.</summary>
public static class RecordedExamples
{
    private const string Prefix = "Recording/";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RecordedExample> All { get; } =
    [
        new("kit_reboot_q35_k612", "Linux 6.12 reboots, QEMU q35; recorded with a kit that this program wrote"),
        new("kit_kexec_pc_k612", "Linux 6.12 starts another kernel with kexec, QEMU pc; recorded with such a kit"),
        new("s5a_vnet_uhci_msixshut", "MSI-X of a network card is switched off behind its driver, QEMU q35: the storm of 2015"),
    ];

    /// <summary>The files of one; null if there is none of that name.</summary>
    public static IReadOnlyList<ImportFile>? Files(string name)
    {
        if (All.All(e => e.Name != name))
        {
            return null;
        }

        var assembly = typeof(RecordedExamples).Assembly;
        var prefix = Prefix + name + "/";
        return [.. assembly.GetManifestResourceNames().Select(r => (Resource: r, Name: r.Replace('\\', '/'))).Where(r => r.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(r =>
        {
            using var stream = assembly.GetManifestResourceStream(r.Resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return new ImportFile(r.Name[prefix.Length..], bytes);
        })];
    }
}
