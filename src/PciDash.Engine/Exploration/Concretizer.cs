using System.Globalization;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>Turns a path of the untimed relation into a timed run that shows the same violation, or says which window is too short for it.</summary>
internal sealed class Concretizer(CompiledMachine m)
{
    /// <summary>The seed of every run that shows something.</summary>
    internal const ulong Seed = 1;
    private const long VeryLongNs = 200_000_000_000;

    // A path is short; what time adds between its steps is bounded as well.
    private const int MaxForcedSteps = 100_000;

    internal static readonly RunLimits Limits = new(400_000_000_000, 2_000_000);

    // A storm that a busy sharer hides goes on for as long as it is watched: some windows of 100,000 interrupts say enough.
    internal static readonly RunLimits Tries = Limits with { Steps = 100_000 };

    private (IReadOnlyList<MachineAction>? Path, List<Choice> Choices) last = (null, []);

    // What was tried, and run: ways to several properties often come to the same choices.
    private readonly Dictionary<string, (long At, bool Refused)> tried = new(StringComparer.Ordinal);
    private (string Choices, Run Run)? shown;

    /// <summary>A timed run with as few choices as possible that violates the property, or null.</summary>
    public Verdict? Show(Property property, IReadOnlyList<MachineAction> path, CancellationToken cancel = default)
    {
        // One path often violates several properties, which are asked one after the other.
        if (!ReferenceEquals(path, last.Path))
        {
            last = (path, Follow(m, path));
        }

        var choices = last.Choices;
        if (Try(property, choices).At < 0)
        {
            return null;
        }

        // Leave out what time would bring about anyway: from the last choice to the first.
        for (var i = choices.Count - 1; i >= 0; i--)
        {
            if (cancel.IsCancellationRequested)
            {
                return null;
            }

            var fewer = choices.Where((_, n) => n != i).ToList();
            if (Try(property, fewer) is (>= 0, false))
            {
                choices = fewer;
            }
        }

        var run = RunOf(choices);

        // Followed further than the tries were, it may come to its end after all.
        var at = property.IsReachability ? PropertyCheck.FirstViolations(run, [property])[0] : Try(property, choices).At;
        if (at < 0)
        {
            return null;
        }

        return new Verdict(property, VerdictKind.Violated, Explain(run, at))
        {
            Path = path,
            Choices = choices,
            Run = run,
            ViolatedAt = at,
        };
    }

    private (long At, bool Refused) Try(Property property, List<Choice> choices)
    {
        var key = property.Id + '\n' + KeyOf(choices);
        return tried.TryGetValue(key, out var known) ? known : tried[key] = PropertyCheck.FirstViolation(m, Seed, choices, Tries, property);
    }

    private Run RunOf(List<Choice> choices)
    {
        var key = KeyOf(choices);
        if (shown is not { } last || last.Choices != key)
        {
            shown = last = (key, Run.Of(m, Seed, choices, Limits));
        }

        return last.Run;
    }

    private static string KeyOf(List<Choice> choices) => string.Join(' ', choices);

    /// <summary>
    /// The window that would have to last longer for the path to happen in time. The path says where the task stands when the storm trips:
    /// that instruction is made very slow, and how long the task worked on the window when the violation came is measured.
    /// </summary>
    public Verdict? FindWindow(Property property, IReadOnlyList<MachineAction> path)
    {
        var (first, last) = StormOf(path);
        if (first < 0 || last < first)
        {
            return null;
        }

        var slow = m.WithCost(last, VeryLongNs);
        var choices = Follow(slow, path);
        if (PropertyCheck.FirstViolation(slow, Seed, choices, Tries, property).At < 0)
        {
            return null;
        }

        var run = Run.Of(slow, Seed, choices, Limits);
        var violatedAt = PropertyCheck.FirstViolations(run, [property])[0];
        var moment = run.At(violatedAt).After;
        if (moment.TaskPc != last)
        {
            return null;
        }

        var before = Enumerable.Range(first, last - first).Sum(pc => m.Code[pc].CostNs);
        var measured = before + m.Code[last].CostNs;
        var needed = before + VeryLongNs - moment.TaskRemainingNs;
        var window = new Window(Name(first), Name(last), measured, needed, m.Scenario.Timing.Source);
        return new Verdict(
            property, VerdictKind.ViolatedOnlyIf,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Violated only if the window {(window.From == window.To ? "of " + window.To : $"from {window.From} to {window.To}")} lasts at least {new SimTime(needed)}; it lasts {new SimTime(measured)} here ({window.Source})."))
        {
            Path = path,
            Choices = choices,
            Window = window,
        };
    }

    /// <summary>The path needs a storm to run to its cutoff while the task is at an instruction of no duration.</summary>
    public bool TripsInNoTime(IReadOnlyList<MachineAction> path) => StormOf(path) is (_, >= 0 and var trip) && m.Code[trip].Class == DurationClass.Instant;

    /// <summary>Where the task stands when a line last rises on the path, and when its irq is given up.</summary>
    private (int Rise, int Trip) StormOf(IReadOnlyList<MachineAction> path)
    {
        var walk = new Execution<UntimedClock, NullSink>(m, InitialState.Untimed(m), default);
        var rise = -1;
        var up = AnyLineUp(walk.State);
        foreach (var action in path)
        {
            var pc = (int)(walk.State[m.TaskWord] & TaskBits.Pc);
            if (action.Verb == Verb.Trip)
            {
                return (rise, pc);
            }

            walk.Apply(action);
            var now = AnyLineUp(walk.State);
            if (now && !up)
            {
                rise = (int)(walk.State[m.TaskWord] & TaskBits.Pc);
            }

            up = now;
        }

        return (-1, -1);
    }

    private bool AnyLineUp(ulong[] state)
    {
        for (var line = 0; line < m.L.Length; line++)
        {
            if ((state[m.LineWord + line] & LineBits.Level) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private string Name(int pc)
    {
        for (; pc < m.Code.Length; pc++)
        {
            var i = m.Code[pc];
            if (i.Origin >= 0)
            {
                var where = m.Origins[i.Origin].Where;
                return i.Function >= 0 ? where + " (" + m.Functions[i.Function].Bdf + ")" : where;
            }
        }

        return "the end";
    }

    /// <summary>The choices that make a timed run go along the path as far as it can.</summary>
    internal static List<Choice> Follow(CompiledMachine m, IReadOnlyList<MachineAction> path)
    {
        var choices = new List<Choice>();
        Simulator<CountingSink> simulator = null!;
        simulator = new Simulator<CountingSink>(m, Seed, InitialState.Of(m), default)
        {
            NextRaw = () => simulator.Execution.Sink.Next,
            Skipped = n => simulator.Execution.Sink.Next += n,
        };
        var forced = 0;
        foreach (var action in path)
        {
            if (action.Verb is Verb.Trip or Verb.EoiPause)
            {
                // From here on it is the storm's own counting: time does it.
                break;
            }

            while (simulator.Peek() != action)
            {
                if (simulator.CanHappenNow(action))
                {
                    choices.Add(new Choice(simulator.Steps, action));
                    break;
                }

                if (++forced > MaxForcedSteps || !simulator.Step(Limits.TimeNs))
                {
                    return choices;
                }
            }

            if (choices.Count > 0 && choices[^1].Step == simulator.Steps)
            {
                simulator.Step(choices[^1].Action);
            }
            else if (!simulator.Step())
            {
                break;
            }
        }

        return choices;
    }

    private static string Explain(Run run, long at)
    {
        var moment = run.At(at);
        var e = run.Recording.EventAt(at);
        return string.Create(CultureInfo.InvariantCulture, $"Event {at} at {new SimTime(e.TimeNs)} violates it, in phase {moment.After.Phase}.");
    }
}
