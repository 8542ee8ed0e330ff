using System.Text.Json;
using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Conformance;

/// <summary>Reads a recording's folder, of either generation. What is damaged is told and read over; what is unknown is counted.</summary>
public static partial class RecordedRunReader
{
    private static readonly string[] ScriptFiles = ["guest-1.sh", "guest-2.sh"];

    /// <summary>Reads a folder.</summary>
    /// <exception cref="IOException">There is no such folder, or no file of a recording in it.</exception>
    public static RecordedRun Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: there is no such folder; a recording is a folder with events.jsonl, kexec-window.log or trace.gz");
        }

        return Read(new RecordedFolder(folder), Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), folder);
    }

    /// <summary>Reads a recording that was sent: its files one by one, or a tar of them, packed or not. Nothing is written anywhere.</summary>
    /// <exception cref="IOException">No file of a recording is among them.</exception>
    /// <exception cref="InvalidDataException">What is packed is damaged, or more than may be sent.</exception>
    public static RecordedRun Read(string name, IReadOnlyList<ImportFile> sent) => Read(RecordedUpload.Of(sent), name, name);

    private static RecordedRun Read(RecordedFiles files, string name, string folder)
    {
        if (files.Has("events.jsonl"))
        {
            return FromEvents(files, name);
        }

        if (files.Has("kexec-window.log") || files.Has("qemu-trace.log"))
        {
            return FromWindow(files, name);
        }

        if (files.Has("trace"))
        {
            return FromTrace(files, name, folder);
        }

        throw new FileNotFoundException($"{folder}: neither events.jsonl nor kexec-window.log, qemu-trace.log or trace is in it, so there is nothing to compare");
    }

    private static RecordedRun FromEvents(RecordedFiles files, string name)
    {
        var log = new EventLog(files.Problems);
        log.Read(files.Lines("events.jsonl"));
        var sections = Sections(files.Lines("bulk.txt"));
        var functions = ListedFunction.Read(sections.GetValueOrDefault("before.lspci_vvv") ?? []);
        if (functions.Count == 0)
        {
            functions = log.Functions;
        }

        var (kernel, append, cpus) = RunJson(files);
        var scripts = ScriptFiles.Where(files.Has).Select(f => string.Join('\n', files.Lines(f))).ToList();
        var events = UnderWay.Complete(TraceUnfold.Apply(log.Sorted(), files.Lines("trace")));
        var firmware = new Dictionary<Bdf, bool>();
        if (scripts.Count > 0 && Derivation.PathOf(scripts[0], log.Messages) == ShutdownPath.Reboot)
        {
            var all = events.Count;
            events = FirmwarePart.TakeOut(events, log.SecondKernelAt, firmware);
            log.Ignore("the firmware's", all - events.Count);
        }

        return new RecordedRun
        {
            Name = name,
            Events = events,
            FirmwareBusMaster = firmware,
            Ignored = log.Ignored,
            Problems = files.Problems,
            Functions = functions,
            SecondFunctions = ListedFunction.Read(sections.GetValueOrDefault("k2post.lspci_vvv") ?? []),
            BuiltIn = ListedFunction.Read(sections.GetValueOrDefault("k2pre.lspci_vvv") ?? []).Where(f => f.Driver is not null).ToDictionary(f => f.Bdf, f => f.Driver!),
            CommandLine = string.Join(' ', files.Lines("cmd")),
            Kernels = kernel is null ? [] : [kernel],
            Appends = append is null ? [] : [append],
            Scripts = scripts,
            Interrupts = sections.GetValueOrDefault("before.interrupts") ?? [],
            Log = log.Messages,
            Cpus = cpus,
            SecondKernelSeen = log.SecondKernelSeen,
            Complete = log.Complete,
            ScenarioJson = files.Has("scenario.json") ? string.Join('\n', files.Lines("scenario.json")) : null,
        };
    }

    // What the machine kit leaves: QEMU's trace as it is, and what the guest listed.
    private static RecordedRun FromTrace(RecordedFiles files, string name, string folder)
    {
        var sections = Sections(files.Lines("bulk.txt"));
        var functions = ListedFunction.Read(sections.GetValueOrDefault("before.functions") ?? []);
        var second = ListedFunction.Read(sections.GetValueOrDefault("k2post.functions") ?? []);
        var commandLine = string.Join(' ', files.Lines("cmd"));
        var trace = new RawTrace(functions, legacyLines: !commandLine.Contains("-machine q35", StringComparison.Ordinal));
        var events = trace.Read(files.Stream("trace"));
        if (!trace.HasStart)
        {
            throw new FileNotFoundException($"{folder}: its trace has no mark 1 (a write of 0x{RawTrace.Mark + 1:x} to 00:00.0 @0xdc), so it does not say where the run begins");
        }

        var (kernel, append, cpus) = RunJson(files);
        return new RecordedRun
        {
            Name = name,
            Events = UnderWay.Complete(events),
            Ignored = trace.Ignored,
            Problems = files.Problems,
            Functions = functions,
            SecondFunctions = second,
            CommandLine = commandLine,
            Kernels = kernel is null ? [] : [kernel],
            Appends = append is null ? [] : [append],
            Scripts = [.. ScriptFiles.Where(files.Has).Select(f => string.Join('\n', files.Lines(f)))],
            Log = trace.Messages,
            Cpus = cpus,
            SecondKernelSeen = trace.SecondKernelAt is not null,
            Complete = trace.Complete,
            ScenarioJson = files.Has("scenario.json") ? string.Join('\n', files.Lines("scenario.json")) : null,
        };
    }

    private static RecordedRun FromWindow(RecordedFiles files, string name)
    {
        var functions = ListedFunction.Read(files.Lines("lspci_vvvxxxx-boot-0.txt"));
        var window = new WindowLog(functions, files.Problems);
        if (files.Has("kexec-window.log"))
        {
            window.Read("kexec-window.log", files.Lines("kexec-window.log"));
        }
        else
        {
            // The whole trace from power-on: the run begins where it last led to what lspci shows.
            window.Read("qemu-trace.log", files.Lines("qemu-trace.log"));
            window.ForgetUntilListed();
        }

        var unames = new[] { files.Lines("uname-boot-0.txt"), files.Lines("uname-boot-1.txt") };
        return new RecordedRun
        {
            Name = name,
            Events = window.Events,
            Ignored = window.Ignored,
            Problems = files.Problems,
            Functions = functions,
            SecondFunctions = ListedFunction.Read(files.Lines("lspci_vvvxxxx-boot-1.txt")),
            CommandLine = string.Join(' ', files.Lines("cmd")),
            Kernels = [.. unames.Where(u => u.Count > 0).Select(u => u[0])],
            Appends = [.. unames.Where(u => u.Count > 1).Select(u => u[1])],
            SecondKernelSeen = files.Has("uname-boot-1.txt"),
            Complete = true,
            WritesOnly = true,
            ScenarioJson = files.Has("scenario.json") ? string.Join('\n', files.Lines("scenario.json")) : null,
        };
    }

    private static (string? Kernel, string? Append, int? Cpus) RunJson(RecordedFiles files)
    {
        if (!files.Has("run.json"))
        {
            return (null, null, null);
        }

        try
        {
            using var json = JsonDocument.Parse(string.Join('\n', files.Lines("run.json")));
            return (Text(json.RootElement, "kernel"), Text(json.RootElement, "append"),
                json.RootElement.TryGetProperty("cpus", out var n) && n.TryGetInt32(out var cpus) ? cpus : null);
        }
        catch (JsonException e)
        {
            files.Problems.Add(Node.Invariant($"run.json:{e.LineNumber + 1}: it is no JSON; it is read over"));
            return (null, null, null);
        }
    }

    private static string? Text(JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;

    // "@@BEGIN name uptime" .. "@@END name"; of a name that comes twice the first counts.
    private static Dictionary<string, List<string>> Sections(List<string> lines)
    {
        var sections = new Dictionary<string, List<string>>();
        List<string>? open = null;
        foreach (var line in lines)
        {
            if (Begin().Match(line) is { Success: true } begin)
            {
                open = [];
                sections.TryAdd(begin.Groups[1].Value, open);
            }
            else if (line.StartsWith("@@END", StringComparison.Ordinal))
            {
                open = null;
            }
            else
            {
                open?.Add(line);
            }
        }

        return sections;
    }

    [GeneratedRegex(@"^@@BEGIN (\S+)")]
    private static partial Regex Begin();
}
