using System.Globalization;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>
/// Actions by name, so that a link or a file can choose one: actor, verb and operand, such as <c>00:09.0/rx:fire</c>, <c>cpu0:take:3</c>,
/// <c>task0:step:57</c>, <c>gsi21:resume</c>, <c>irq-thread/00:09.0:run</c> or <c>poller:poll</c>.
/// </summary>
public static class ActionNames
{
    private static readonly (Verb Verb, string Word)[] Verbs =
    [
        (Verb.Step, "step"), (Verb.TimeOut, "timeout"), (Verb.Take, "take"), (Verb.EnterHandler, "enter"), (Verb.ExitHandler, "exit"),
        (Verb.Note, "note"), (Verb.Trip, "trip"), (Verb.Eoi, "eoi"), (Verb.EoiPause, "eoi-pause"), (Verb.Resume, "resume"),
        (Verb.Poll, "poll"), (Verb.Fire, "fire"), (Verb.RunThread, "run"),
    ];

    /// <summary>The name of an action of this machine.</summary>
    public static string Of(CompiledMachine machine, MachineAction action)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var verb = Verbs.First(v => v.Verb == action.Verb).Word;
        return OperandIsImplied(action.Verb) ? $"{ActorOf(machine, action.Actor)}:{verb}"
            : Node.Invariant($"{ActorOf(machine, action.Actor)}:{verb}:{action.Operand}");
    }

    /// <summary>The action of that name, or null if this machine has no such actor or the verb is not one of its own.</summary>
    public static MachineAction? Find(CompiledMachine machine, string name)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(name);

        // From the right, since an address has a colon of its own.
        var operand = 0;
        var rest = name;
        var last = rest.LastIndexOf(':');
        if (last > 0 && int.TryParse(rest.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out operand))
        {
            rest = rest[..last];
            last = rest.LastIndexOf(':');
        }

        if (last <= 0)
        {
            return null;
        }

        var verb = rest[(last + 1)..];
        var actor = rest[..last];
        foreach (var (candidate, word) in Verbs)
        {
            if (word != verb)
            {
                continue;
            }

            for (var a = FirstActor(machine, candidate); a < machine.ActorCount; a++)
            {
                var action = new MachineAction(a, candidate, OperandIsImplied(candidate) ? ImpliedOperand(machine, candidate, a) : operand);
                if (ActorOf(machine, a) == actor && Of(machine, action) == name)
                {
                    return action;
                }
            }
        }

        return null;
    }

    private static bool OperandIsImplied(Verb verb) => verb is Verb.Resume or Verb.Poll or Verb.Fire or Verb.RunThread;

    private static int ImpliedOperand(CompiledMachine machine, Verb verb, int actor) => verb switch
    {
        Verb.Resume => actor - machine.PauseActor,
        Verb.Fire => actor - machine.SourceActor - machine.Functions[machine.SourceFunctions[actor - machine.SourceActor]].FirstSource,
        Verb.RunThread => actor - machine.ThreadActor,
        _ => 0,
    };

    // An actor has its own verbs only: the name of no other action can be made up.
    private static int FirstActor(CompiledMachine machine, Verb verb) => verb switch
    {
        Verb.Step or Verb.TimeOut => machine.TaskActor,
        Verb.Resume => machine.PauseActor,
        Verb.Fire => machine.SourceActor,
        Verb.Poll => machine.PollerActor,
        Verb.RunThread => machine.ThreadActor,
        _ => 0,
    };

    private static string ActorOf(CompiledMachine machine, int actor)
    {
        if (actor < machine.TaskActor)
        {
            return Node.Invariant($"cpu{actor}");
        }

        if (actor < machine.PollerActor)
        {
            return Node.Invariant($"task{actor - machine.TaskActor}");
        }

        if (actor == machine.PollerActor)
        {
            return "poller";
        }

        if (actor < machine.SourceActor)
        {
            return $"gsi{machine.Lines[actor - machine.PauseActor].Gsi}";
        }

        if (actor >= machine.ThreadActor)
        {
            return $"irq-thread/{machine.FunctionOfThread(actor).Bdf}";
        }

        var source = actor - machine.SourceActor;
        var function = machine.Functions[machine.SourceFunctions[source]];
        var own = source - function.FirstSource;
        var what = function.Sources[own].What;

        // Two sources of one kind on a function: the later ones are numbered.
        var same = function.Sources.Take(own).Count(s => s.What == what);
        return same == 0 ? $"{function.Bdf}/{what}" : Node.Invariant($"{function.Bdf}/{what}#{same + 1}");
    }
}
