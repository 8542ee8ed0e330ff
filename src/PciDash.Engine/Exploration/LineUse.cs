using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Who may ever raise a pin, and who ever has a handler on a line. The registers that gate a pin, whether a device works and which handlers
/// are registered are written by the task alone, so the task is let run by itself, with nothing else happening, and looked at after every
/// instruction.
/// </summary>
internal sealed class LineUse
{
    private readonly CompiledMachine m;
    private readonly bool[] mayWantAttention;
    private readonly bool[] hasEvents;
    private readonly bool[] raises;
    private readonly bool[] listens;

    private LineUse(CompiledMachine machine)
    {
        m = machine;
        mayWantAttention = new bool[m.F.Length];
        hasEvents = new bool[m.F.Length];
        foreach (var source in m.Source)
        {
            // The completion of a command comes only after one: of the driver's own script, or of a thread.
            hasEvents[source.Function] |= !source.IsCompletion || source.Kind != SourceKind.Device;
        }

        raises = new bool[m.F.Length];
        listens = new bool[m.F.Length];
    }

    /// <summary>Walks through a machine's program.</summary>
    public static LineUse Of(CompiledMachine m)
    {
        var use = new LineUse(m);
        use.Walk();
        return use;
    }

    /// <summary>Functions of a line that raise it or are called for it. Those that only raise it meet nobody where nobody is called.</summary>
    public IEnumerable<int> Meeting(MachineLine line) =>
        line.Member.Any(f => listens[f]) ? line.Member.Where(f => listens[f] || raises[f]) : [];

    /// <summary>The line may ever be up.</summary>
    public bool MayRise(MachineLine line) => line.Member.Any(f => raises[f]);

    private void Walk()
    {
        var x = new Execution<UntimedClock, NullSink>(m, InitialState.Untimed(m), default);
        for (var f = 0; f < m.F.Length; f++)
        {
            LookAt(f, x.State[m.FunctionWord + f]);
        }

        Span<MachineAction> next = stackalloc MachineAction[Execution<UntimedClock, NullSink>.MaxChoices];
        while (x.EnabledFor(m.TaskActor, next) > 0)
        {
            ref readonly var i = ref m.Code[next[0].Operand];
            var f = i.Function;
            x.Apply(next[0]);
            for (var (g, last) = f < 0 ? (0, m.F.Length - 1) : (f, f); g <= last; g++)
            {
                // The jump and the platform's reset are about all of them.
                var word = x.State[m.FunctionWord + g];
                mayWantAttention[g] &= !DropsCauses(i.Op) || (word & FunctionBits.Running) != 0;
                LookAt(g, word);
            }
        }

        if (!EndReachability.IsEnd(x.State))
        {
            // It waits for what did not happen here: nothing is known of the rest of its way.
            Array.Fill(raises, true);
            Array.Fill(listens, true);
        }
    }

    // A device that a cleared Bus Master Enable stops lowers nothing; the others do.
    private static bool DropsCauses(Op op) => op is Op.Quiesce or Op.DeviceReset or Op.FunctionReset or Op.PowerState or Op.PlatformReset;

    private void LookAt(int f, ulong word)
    {
        mayWantAttention[f] |= (word & FunctionBits.Running) != 0 && (hasEvents[f] || (word & FunctionBits.Commanded) != 0);
        listens[f] |= (word & FunctionBits.LineAction) != 0;

        // A host opens INTx-Disable again whenever its guest has served the device.
        var gates = m.F[f].PinGates & ~(HasGuest(f) ? FunctionBits.IntxDisable : 0);
        raises[f] |= mayWantAttention[f] && (word & gates) == 0;
    }

    private bool HasGuest(int f) => m.B.Any(b => b.Driver[f] is { IntxHandler.LeavesToGuest: true });
}
