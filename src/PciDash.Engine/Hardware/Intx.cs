namespace PciDash.Engine.Machine;

// INTx: the pin of a function and the line it ends on (domain 5, rules 2-5). Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    /// <summary>
    /// Rule 3: the pin is asserted if the condition holds and neither INTx-Disable, MSI Enable nor MSI-X Enable is set. Bus Master Enable
    /// is not in it: rule 2.
    /// </summary>
    private void EvaluatePin(int f, int origin, long why, long also = -1)
    {
        ref var word = ref s[m.FunctionWord + f];
        var line = m.F[f].Line;
        if (line < 0)
        {
            return;
        }

        var asserted = (word & m.F[f].PinGates) == 0 && m.F[f].WantsAttention(word);
        if (asserted == ((word & FunctionBits.Pin) != 0))
        {
            return;
        }

        word ^= FunctionBits.Pin;
        var raw = Emit(EventKind.Intx, f, asserted ? 1 : 0, 0, 0, 0, origin, why, also);
        EvaluateLine(line, raw);
    }

    /// <summary>A line is the OR of the pins that end on it.</summary>
    private void EvaluateLine(int line, long why)
    {
        var level = IsRaisedForAnother(line);
        var functions = m.L[line].Member;
        for (var i = 0; i < functions.Length && !level; i++)
        {
            level = IsSet(functions[i], FunctionBits.Pin);
        }

        ref var word = ref s[m.LineWord + line];
        if (level != ((word & LineBits.Level) != 0))
        {
            word ^= LineBits.Level;
            why = Emit(EventKind.Line, line, level ? 1 : 0, 0, 0, 0, -1, why);
        }

        SetCause(m.CauseOfLine(line), why);
        InputEvaluated(line, level);
        if (m.RaisedInstead[line] >= 0)
        {
            EvaluateLine(m.RaisedInstead[line], why);
        }
    }

    /// <summary>Boot interrupts, rule 13: the chipset raises this line in place of one that is asserted and whose pin is masked.</summary>
    private bool IsRaisedForAnother(int line)
    {
        if ((s[CompiledMachine.GlobalWord] & CompiledMachine.BootInterruptsOff) != 0)
        {
            return false;
        }

        foreach (var from in m.RaisedFor[line])
        {
            if ((s[m.LineWord + from] & (LineBits.Level | LineBits.Masked)) == (LineBits.Level | LineBits.Masked))
            {
                return true;
            }
        }

        return false;
    }
}
