namespace PciDash.Engine.Machine;

// The poller of spurious.c: ten times a second the handlers of every disabled irq run once (domain 4), if its first action is IRQF_SHARED
// (try_one_irq, trees 3.6 and 3.14.65): those of lines, not those of vectors. Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    // Its timer was armed by the CPU that took the storm; lines of one machine mostly share CPU 0, where it runs here.
    private const int PollerCpu = 0;

    private int PollerChoices(Span<MachineAction> into)
    {
        var word = s[m.PollerWord];
        // The timer's vector is above every device's: it gets its turn between the rounds of a storm, which starves only the task.
        if (StageOf(s[m.IrqWord + PollerCpu]) != Stage.Idle || !InterruptsEnabled(PollerCpu))
        {
            return 0;
        }

        switch (StageOf(word))
        {
            case Stage.Enter:
                into[0] = new MachineAction(m.PollerActor, Verb.EnterHandler, ActionOf(word));
                return 1;
            case Stage.Exit:
                into[0] = new MachineAction(m.PollerActor, Verb.ExitHandler, ActionOf(word));
                return 1;
            default:
                if ((word & ContextBits.Armed) == 0)
                {
                    return 0;
                }

                into[0] = new MachineAction(m.PollerActor, Verb.Poll, 0);
                return 1;
        }
    }

    private bool PollerRuns => StageOf(s[m.PollerWord]) != Stage.Idle;

    private void StartPoll() => PollFrom(0, -1);

    /// <summary>try_one_irq for the next disabled line; the timer is armed again after the last.</summary>
    private void PollFrom(int line, long why)
    {
        for (; line < m.L.Length; line++)
        {
            if ((s[m.LineWord + line] & LineBits.SpuriousDisabled) == 0)
            {
                continue;
            }

            var first = NextAction(line, 0);
            if (first >= 0)
            {
                s[m.LineWord + line] |= LineBits.PollInProgress;
                SetContext(m.PollerActor, Stage.Enter, line, first, IrqReturn.None, IrqReturn.None, why);
                return;
            }
        }

        SetContext(m.PollerActor, Stage.Idle, 0, 0, IrqReturn.None, IrqReturn.None, why);
    }

    private void PolledLine(int line, IrqReturn sum, long why)
    {
        s[m.LineWord + line] &= ~LineBits.PollInProgress;
        var raw = Emit(EventKind.IrqPolled, line, (int)sum, 0, 0, 0, -1, why);
        PollFrom(line + 1, raw);
    }
}
