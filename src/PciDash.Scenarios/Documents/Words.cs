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

    public static readonly Words<ShutdownPath> Paths = new("path", [.. Enum.GetValues<ShutdownPath>().Select(p => (Lower(p), p))]);
    public static readonly Words<InterruptMode> Modes = new("mode", [.. Enum.GetValues<InterruptMode>().Select(m => (Lower(m), m))]);
    public static readonly Words<BusMasterReaction> Reactions = new("reaction", [.. Enum.GetValues<BusMasterReaction>().Select(r => (Lower(r), r))]);

    public static readonly Words<IntxCondition> Conditions =
        new("condition", [("level", IntxCondition.Level), ("latched-at-notify", IntxCondition.LatchedAtNotify)]);

    public static readonly Words<InterruptPin> Pins =
        new("pin", [("none", InterruptPin.None), ("A", InterruptPin.A), ("B", InterruptPin.B), ("C", InterruptPin.C), ("D", InterruptPin.D)]);

    /// <summary>What devices do by themselves; a completion is what a driver's command brings about, so it can be asked for here as well.</summary>
    public static readonly Words<string> DeviceEvents =
        new("event", [.. new[] { "rx", "completion", "config-change", "timer", "error" }.Select(e => (e, e))]);

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
