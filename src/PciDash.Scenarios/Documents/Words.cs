using System.Diagnostics.CodeAnalysis;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>The names that a field can have, in the order they are offered.</summary>
internal sealed class Words<T>(string kind, IReadOnlyList<(string Word, T Value)> all)
    where T : notnull
{
    public string Kind => kind;

    public IEnumerable<string> Names => all.Select(w => w.Word);

    public string Possible => string.Join(", ", Names);

    public bool TryGet(string word, [MaybeNullWhen(false)] out T value)
    {
        foreach (var (w, v) in all)
        {
            if (w == word)
            {
                value = v;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>These and more; where a word is there already, it keeps its meaning.</summary>
    public Words<T> With(IEnumerable<(string Word, T Value)> more)
    {
        var added = more.Where(m => !TryGet(m.Word, out _)).ToList();
        return added.Count == 0 ? this : new Words<T>(Kind, [.. all, .. added]);
    }

    public T Find(string word) => TryGet(word, out var value) ? value : throw new KeyNotFoundException($"no {kind} {word}");

    public string Of(T value) => all.First(w => EqualityComparer<T>.Default.Equals(w.Value, value)).Word;
}

/// <summary>Every list of names in a document: the engine's catalogues, and its enumerations in the field's own spelling.</summary>
internal static class Vocabulary
{
    public static readonly Words<Platform> Platforms = new("platform", [.. Platform.All.Select(p => (p.Id, p))]);
    public static readonly Words<TimingProfile> Timings = new("timing profile", [.. TimingProfile.All.Select(p => (p.Id, p))]);
    public static readonly Words<DeviceModel> Devices = new("device", [.. DeviceModel.All.Select(d => (d.Id, d))]);
    public static readonly Words<DriverModel> Drivers = new("driver", [.. DriverModel.All.Select(d => (d.Id, d))]);
    public static readonly Words<KernelRelease> Kernels = new("kernel", [.. KernelRelease.All.Select(k => (k.Version, k))]);
    public static readonly Words<ShutdownPolicy> Policies = new("policy", [.. ShutdownPolicy.All.Select(p => (p.Id, p))]);

    public static readonly Words<EnumerationPolicy> Enumerations =
        new("enumeration policy", [.. Enum.GetValues<EnumerationPolicy>().Select(e => (e.ToString(), e))]);

    public static readonly Words<IntxDisableBit> IntxDisableBits = Enumerated<IntxDisableBit>("effect");
    public static readonly Words<ConfigLayout> Layouts = Enumerated<ConfigLayout>("layout");
    public static readonly Words<HandlerThread> Threads = Enumerated<HandlerThread>("place");
    public static readonly Words<ProbePart> Parts = Enumerated<ProbePart>("part");
    public static readonly Words<OpeningWork> Openings = Enumerated<OpeningWork>("work");
    public static readonly Words<ScriptCondition> ScriptConditions = Enumerated<ScriptCondition>("condition");
    public static readonly Words<string> ScriptWords = new("word", [.. Engine.Machine.ScriptWords.All.Select(w => (w.Word, w.Word))]);

    public static readonly Words<ShutdownPath> Paths = new("path", [.. Enum.GetValues<ShutdownPath>().Select(p => (Lower(p), p))]);
    public static readonly Words<InterruptMode> Modes = new("mode", [.. Enum.GetValues<InterruptMode>().Select(m => (Lower(m), m))]);
    public static readonly Words<BusMasterReaction> Reactions = Enumerated<BusMasterReaction>("reaction");

    public static readonly Words<IntxCondition> Conditions =
        new("condition", [("level", IntxCondition.Level), ("latched-at-notify", IntxCondition.LatchedAtNotify)]);

    public static readonly Words<InterruptPin> Pins =
        new("pin", [("none", InterruptPin.None), ("A", InterruptPin.A), ("B", InterruptPin.B), ("C", InterruptPin.C), ("D", InterruptPin.D)]);

    /// <summary>
    /// What devices do by themselves, and what is done to them by a kernel thread or a guest; a completion is what a driver's command brings
    /// about, so it can be asked for here as well.
    /// </summary>
    public static readonly Words<string> DeviceEvents =
        new("event", [.. new[] { "rx", "completion", "config-change", "timer", "error", EventSource.KernelThread, EventSource.GuestEoi }.Select(e => (e, e))]);

    // MessageLatched → message-latched
    private static Words<T> Enumerated<T>(string kind)
        where T : struct, Enum => new(kind, [.. Enum.GetValues<T>().Select(v => (Kebab(v.ToString()), v))]);

    private static string Kebab(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
