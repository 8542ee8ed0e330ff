using System.Globalization;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>
/// A property in a reader's own words, over what the machine shows: <c>never line 16 disabled while 00:1f.3 active</c>,
/// <c>always 00:02.0 bus-master while phase device_shutdown</c>. Words of a line: <c>asserted</c>, <c>masked</c>, <c>disabled</c>,
/// <c>requested</c>; of a function: <c>active</c>, <c>asserted</c>, <c>bus-master</c>, <c>intx-disabled</c>, <c>msi</c>, <c>msix</c>,
/// <c>listening</c>, <c>waits</c>, <c>in-shutdown</c>, <c>shut-down</c>, <c>running</c>, <c>d3hot</c>; <c>boot N</c> from 0; <c>phase NAME</c>;
/// <c>not</c>, <c>and</c>, <c>or</c>, parentheses.
/// </summary>
public static class PropertyText
{
    /// <summary>Longest text, characters.</summary>
    public const int MostCharacters = 500;

    private const int MostDepth = 50;

    private static readonly Dictionary<string, ulong> LineWords = new(StringComparer.Ordinal)
    {
        ["asserted"] = LineBits.Level, ["masked"] = LineBits.Masked, ["disabled"] = LineBits.SpuriousDisabled, ["requested"] = LineBits.Started,
    };

    private static readonly Dictionary<string, ulong> FunctionWords = new(StringComparer.Ordinal)
    {
        ["active"] = 0, ["in-shutdown"] = 0, ["asserted"] = FunctionBits.Pin, ["bus-master"] = FunctionBits.BusMaster, ["intx-disabled"] = FunctionBits.IntxDisable,
        ["msi"] = FunctionBits.MsiEnable, ["msix"] = FunctionBits.MsixEnable, ["listening"] = FunctionBits.LineAction | FunctionBits.VectorActions,
        ["waits"] = FunctionBits.Awaiting, ["shut-down"] = FunctionBits.ShutdownReturned, ["running"] = FunctionBits.Running, ["d3hot"] = FunctionBits.D3hot,
    };

    /// <summary>Reads a condition alone, such as <c>line 16 disabled and not 00:1f.3 active</c>: a property that is violated where it is true.</summary>
    /// <exception cref="ScenarioException">It is no condition: says where, and what would be right.</exception>
    public static Property Condition(string text) => Read(text, p => p.Condition());

    /// <summary>Reads a property. What it names is looked for only when it is asked of a machine.</summary>
    /// <exception cref="ScenarioException">It is no property: says where, and what would be right.</exception>
    public static Property Parse(string text) => Read(text, p => p.Whole());

    private static Property Read(string text, Func<Parser, Func<CompiledMachine, StateRule>> read)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MostCharacters)
        {
            throw new ScenarioException([Invariant($"property: {text.Length} characters; {MostCharacters} are possible")]);
        }

        var bind = read(new Parser(text));
        return new Property(text.Trim(), text.Trim(), "the reader's own", "") { OfState = bind };
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Parser
    {
        private readonly string text;
        private readonly List<(string Word, int Column)> words = [];
        private int at;
        private int depth;

        public Parser(string text)
        {
            this.text = text;
            for (var i = 0; i < text.Length;)
            {
                var end = i + 1;
                if (char.IsWhiteSpace(text[i]))
                {
                    i = end;
                    continue;
                }

                while (text[i] is not ('(' or ')') && end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not ('(' or ')'))
                {
                    end++;
                }

                words.Add((text[i..end], i + 1));
                i = end;
            }
        }

        private string Next => at < words.Count ? words[at].Word : "";

        public Func<CompiledMachine, StateRule> Whole()
        {
            var always = Next == "always";
            if (!always && Next != "never")
            {
                throw Expected("never or always");
            }

            at++;
            var what = Or();
            if (Next is "while" or "when")
            {
                at++;
                var (first, second) = (what, Or());
                what = m => Both(always ? Not(first(m)) : first(m), second(m));
            }
            else if (always)
            {
                var all = what;
                what = m => Not(all(m));
            }

            return at == words.Count ? what : throw Expected("and, or, while, or the end");
        }

        public Func<CompiledMachine, StateRule> Condition()
        {
            var what = Or();
            return at == words.Count ? what : throw Expected("and, or, or the end");
        }

        private Func<CompiledMachine, StateRule> Or()
        {
            var left = And();
            while (Next == "or")
            {
                at++;
                var (a, b) = (left, And());
                left = m =>
                {
                    var (x, y) = (a(m), b(m));
                    return s => x(s) || y(s);
                };
            }

            return left;
        }

        private Func<CompiledMachine, StateRule> And()
        {
            var left = Term();
            while (Next == "and")
            {
                at++;
                var (a, b) = (left, Term());
                left = m => Both(a(m), b(m));
            }

            return left;
        }

        private Func<CompiledMachine, StateRule> Term()
        {
            if (++depth > MostDepth)
            {
                throw Expected(Invariant($"at most {MostDepth} of not and parentheses"));
            }

            switch (Next)
            {
                case "not":
                    at++;
                    var inner = Term();
                    return m => Not(inner(m));
                case "(":
                    at++;
                    var whole = Or();
                    if (Next != ")")
                    {
                        throw Expected(")");
                    }

                    at++;
                    return whole;
                case "line":
                    at++;
                    return Line();
                case "boot":
                    at++;
                    var boot = Number("the number of a boot, from 0");
                    return _ => s => (int)(s[CompiledMachine.GlobalWord] & CompiledMachine.BootMask) == boot;
                case "phase":
                    at++;
                    return Phase();
                default:
                    return Function();
            }
        }

        private Func<CompiledMachine, StateRule> Line()
        {
            var column = Column;
            var gsi = Number("the number of a line");
            var bit = Known(LineWords);
            return m =>
            {
                var line = m.Lines.FirstOrDefault(l => l.Gsi.Value == gsi)
                    ?? throw Problem(column, Invariant($"no function of this machine is on line {gsi}; {string.Join(", ", m.Lines.Select(l => l.Gsi))} are there"));
                var at = m.LineWord + line.Index;
                return s => (s[at] & bit) != 0;
            };
        }

        private Func<CompiledMachine, StateRule> Phase()
        {
            var (column, name) = (Column, Next);
            at++;
            return m =>
            {
                var index = m.Names.ToList().IndexOf(name);
                return index < 0 ? throw Problem(column, $"this machine has no phase {name}")
                    : s => (int)((s[CompiledMachine.GlobalWord] & CompiledMachine.PhaseMask) >> CompiledMachine.PhaseShift) == index;
            };
        }

        private Func<CompiledMachine, StateRule> Function()
        {
            var column = Column;
            if (!Bdf.TryParse(Next, out var bdf))
            {
                throw Expected("a function such as 00:1f.3, line, boot, phase, not or (");
            }

            at++;
            var word = Next;
            var bit = Known(FunctionWords);
            return m =>
            {
                var f = m.Functions.FirstOrDefault(f => f.Bdf == bdf) ?? throw Problem(column, $"this machine has no function {bdf}");
                var at = m.FunctionWord + f.Index;
                const ulong over = FunctionBits.ShutdownReturned;
                return word switch
                {
                    "active" => s => (s[at] & (FunctionBits.Running | over)) == FunctionBits.Running,
                    "in-shutdown" => s => (s[at] & (FunctionBits.ShutdownEntered | over)) == FunctionBits.ShutdownEntered,
                    _ => s => (s[at] & bit) != 0,
                };
            };
        }

        private ulong Known(Dictionary<string, ulong> of)
        {
            if (!of.TryGetValue(Next, out var bit))
            {
                throw Expected(string.Join(", ", of.Keys));
            }

            at++;
            return bit;
        }

        private int Number(string what)
        {
            if (!int.TryParse(Next, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                throw Expected(what);
            }

            at++;
            return number;
        }

        private int Column => at < words.Count ? words[at].Column : text.Length + 1;

        private ScenarioException Expected(string what) => Problem(Column, $"{(Next.Length > 0 ? $"'{Next}'" : "the end")}: expected {what}");

        private static ScenarioException Problem(int column, string what) => new([Invariant($"property, column {column}: {what}")]);

        private static StateRule Not(StateRule rule) => s => !rule(s);

        private static StateRule Both(StateRule a, StateRule b) => s => a(s) && b(s);
    }
}
