using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;
using PciDash.Scenarios;

namespace PciDash.Cli;

/// <summary>The catalogues as tables: for a reader, or with <c>--json</c> for a program.</summary>
internal static class TableCommands
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Presets(Streams streams) => Create(
        streams, "presets", "List the scenarios that come with the program.", ["id", "title"], ["account", "source"],
        () => ScenarioPresets.All.Select(p => (string[])[p.Id, p.Title, p.Account, p.Source]),
        () => "\nKnown bugs that the model cannot express:\n" + Text(["name", "reason"], [.. ScenarioPresets.NotExpressed.Select(n => (string[])[n.Name, n.Reason])]));

    public static Command Kernels(Streams streams) => Create(
        streams, "kernels", "List the kernel releases.",
        ["version", "policy", "enumeration", "order", "counts_from", "virtio_reset"],
        ["machine_shutdown", "clears_remote_irr", "copies_remapping", "masks_whole_msix_table", "vectors", "source"],
        () => KernelRelease.All.Select(k => (string[])
        [
            k.Version, k.ShutdownPolicy, k.Enumeration.ToString(), k.Order == ShutdownOrder.ReverseProbe ? "reverse-probe" : "reverse-registration",
            k.CountsFromFirstUnhandled ? "first-unhandled" : "every-interrupt", k.VirtioResetAtShutdown ? "yes" : "no",
            k.MachineShutdown switch
            {
                MachineShutdownOrder.PinsFirst => "pins-first",
                MachineShutdownOrder.ApicsThenPins => "apics-then-pins",
                _ => "cpus-then-pins",
            },
            YesNo(k.ClearsRemoteIrr), YesNo(k.CopiesRemapping), YesNo(k.MasksWholeTable), k.VectorsAtRequest ? "at-request" : "pins-first", k.Source,
        ]));

    public static Command Drivers(Streams streams) => Create(
        streams, "drivers", "List the drivers, with the devices they bind to.", ["id", "devices", "intx_handler", "vector_handler"], ["unknown", "source"],
        () => DriverModel.All.Select(d => (string[])
        [
            d.Id, string.Join(' ', DeviceModel.All.Where(m => m.Driver == d.Id).Select(m => m.Id)), d.IntxHandler.Symbol,
            d.IntxOnly ? "-" : d.VectorHandler.Symbol, d.Unknown, d.Source,
        ]));

    public static Command Policies(Streams streams) => Create(
        streams, "policies", "List what pci_device_shutdown did, and what was proposed.", ["id", "kernels", "label"], ["source"],
        () => ShutdownPolicy.All.Select(p => (string[])[p.Id, p.Kernels, p.Label, p.Source]));

    private static string YesNo(bool value) => value ? "yes" : "no";

    // What is too long for a terminal is in the JSON only; what is no row of the table, only in the text.
    private static Command Create(
        Streams streams, string name, string description, string[] columns, string[] jsonOnly, Func<IEnumerable<string[]>> rows, Func<string>? more = null)
    {
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var command = new Command(name, description) { json };
        command.SetAction(result =>
        {
            var table = rows().ToList();
            streams.Write(result.GetValue(json) ? Json([.. columns, .. jsonOnly], table) : Text(columns, table) + more?.Invoke());
            return 0;
        });
        return command;
    }

    private static string Json(string[] names, List<string[]> table) =>
        new JsonArray([.. table.Select(row => (JsonNode)new JsonObject(names.Select((n, i) => KeyValuePair.Create(n, (JsonNode?)row[i]))))])
            .ToJsonString(Indented) + "\n";

    private static string Text(string[] columns, List<string[]> table)
    {
        var widths = columns.Select((c, i) => Math.Max(c.Length, table.Max(row => row[i].Length))).ToArray();
        var text = new StringBuilder();
        foreach (var row in table.Prepend(columns))
        {
            text.Append(string.Join("  ", columns.Select((_, i) => row[i].PadRight(widths[i]))).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
