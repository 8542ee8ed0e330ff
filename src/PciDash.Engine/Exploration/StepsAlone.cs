using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Partial-order reduction: where the task is at a step that takes no time and that nobody else sees, that step is tried and nothing in its
/// place. Why no violation is lost:
/// <list type="bullet">
/// <item>Such a step writes the pc and bits that only the task reads (what the core notes of MSI, that a shutdown was entered, the phase), and
/// reads only bits that the task alone writes. So whatever the others do before it they can do after it, with the same effect: of each way
/// there is one that has the step first, and comes to the same state but for the step. An interrupt that comes first holds the task up, but
/// that does not matter: what is needed is that the step can go first, not that it can come later.</item>
/// <item>Its events and bits are of no property that is asked: what the way violated, the other one violates.</item>
/// <item>The pc only grows, so no cycle has such a step in it: nothing is put off for ever.</item>
/// <item>It takes no time, so a timed run that shows one way shows the other: no storm trips within it.</item>
/// </list>
/// What is lost: a way to a violation may have such steps at its end that a shortest one has not. So what promises shortest ways, the nearest
/// state, or the whole graph (<see cref="Property.CanEnd"/>) does without.
/// </summary>
internal sealed class StepsAlone
{
    private readonly bool[] isAlone;
    private readonly int task;

    private StepsAlone(bool[] alone, int taskActor) => (isAlone, task) = (alone, taskActor);

    /// <summary>The reduction for a machine and what is asked of it; null if there is none.</summary>
    public static StepsAlone? For(CompiledMachine m, IReadOnlyList<Property> asked)
    {
        // Of a reader's own property nobody knows what it looks at, and where nothing is asked it is the states that are wanted.
        if (asked.Count == 0 || asked.Any(p => !Property.All.Contains(p) || (p.IsReachability && p.SilentOn(m) is null)))
        {
            return null;
        }

        bool[] alone = [.. m.Code.Select(i => i.Class == DurationClass.Instant && IsSeenByNobody(m, i))];
        return Array.Exists(alone, a => a) ? new StepsAlone(alone, m.TaskActor) : null;
    }

    /// <summary>The only one of the enabled actions that need be tried; -1 = all of them.</summary>
    public int Only(ReadOnlySpan<MachineAction> enabled)
    {
        for (var i = 0; i < enabled.Length; i++)
        {
            if (enabled[i].Actor == task)
            {
                return enabled[i].Verb == Verb.Step && isAlone[enabled[i].Operand] ? i : -1;
            }
        }

        return -1;
    }

    // Of the properties of the catalogue none reads these bits, and the jump is the only phase that one of them is about. An await whose
    // completion has come does nothing: only the task begins to wait.
    private static bool IsSeenByNobody(CompiledMachine m, in Instruction i) => i.Op switch
    {
        Op.NoteMsi or Op.NoteMsix or Op.ShutdownEnter or Op.Stimulus or Op.Await => true,
        Op.Phase => m.Names[i.A] != PropertyRules.Jump,
        _ => false,
    };
}
