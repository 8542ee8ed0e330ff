using System.CommandLine;
using System.Globalization;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Import;

namespace PciDash.Cli;

/// <summary><c>pcidash import</c>: what a real machine printed becomes a scenario on standard output; what was guessed or left out goes to standard error.</summary>
internal static class ImportCommand
{
    public static Command Create(Streams streams)
    {
        // lspci is the usual case and says so to a reader; every kind of text is recognised either way.
        return Importing(streams, "import", "Make a scenario of what lspci, /proc/interrupts, dmesg or configuration spaces of a machine say.",
            Importing(streams, "lspci", "The same; the kind of each text is recognised."));
    }

    private static Command Importing(Streams streams, string name, string description, params Command[] below)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "pasted text, config files or a tar of them; - for standard input; several are one machine",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command(name, description) { files };
        foreach (var sub in below)
        {
            command.Add(sub);
        }

        command.SetAction(result => Run([.. result.GetRequiredValue(files).Select(f => Open(f, streams.Input))], streams));
        return command;
    }

    private static int Run(IReadOnlyList<ImportFile> files, Streams streams)
    {
        var machine = MachineImport.Read(files);
        var errors = machine.Notes.Where(n => n.Severity == NoteSeverity.Error).Select(n => n.ToString()).ToList();
        if (machine.Scenario is not { } scenario)
        {
            throw new ScenarioException(errors);
        }

        var document = Write(scenario);
        foreach (var note in machine.Notes)
        {
            streams.Error.WriteLine(note.ToString());
        }

        foreach (var irq in machine.Unhandled)
        {
            streams.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"line {irq.Line}: nobody cared for irq {irq.Irq}; handlers {Listed(irq.Handlers)}; functions {Listed(irq.Functions)}"));
        }

        streams.Write(document);
        return 0;
    }

    private static string Write(Scenario scenario)
    {
        try
        {
            return ScenarioDocument.Write(scenario);
        }
        catch (ScenarioException e) when (e.Problems.Count > 1)
        {
            throw new ScenarioException([e.Problems[0], string.Create(CultureInfo.InvariantCulture, $"and {e.Problems.Count - 1} more of the kind")]);
        }
    }

    private static string Listed<T>(IReadOnlyList<T> all) => all.Count == 0 ? "not listed" : string.Join(", ", all);

    // One byte more than is allowed is enough to know that it is too long. A file of /sys is shorter than its length says.
    internal static ImportFile Open(string name, Stream input)
    {
        if (name == "-")
        {
            return new ImportFile("standard input", ReadAll(input));
        }

        if (!File.Exists(name))
        {
            throw new ScenarioException([$"FILE '{name}': no file of that name; a file or - is needed"]);
        }

        return new ImportFile(Path.GetFullPath(name), ReadFile(name));
    }

    /// <summary>A file's bytes; of one that is too long, one more than is allowed.</summary>
    internal static ReadOnlyMemory<byte> ReadFile(string name)
    {
        using var file = File.OpenRead(name);
        return ReadAll(file);
    }

    private static ReadOnlyMemory<byte> ReadAll(Stream stream)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (bytes.Length <= MachineImport.MaxBytes && stream.Read(buffer) is > 0 and var n)
        {
            bytes.Write(buffer, 0, n);
        }

        return bytes.ToArray();
    }
}
