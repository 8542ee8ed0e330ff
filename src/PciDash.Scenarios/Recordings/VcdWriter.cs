using System.Globalization;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>
/// A run as a value change dump (IEEE 1364-2005, 18), which waveform viewers open: registers and pins as wires, lines with their masks and
/// counts, what each CPU handles. Time 0 is the beginning of the run, and a
/// comment says when its shutdown starts.
/// </summary>
public static class VcdWriter
{
    private const int FirstCode = '!';
    private const int Codes = '~' - '!' + 1;

    /// <summary>Writes it. Of equal rounds the first and the last are written; the counts are right at both.</summary>
    public static void Write(Run run, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(output);
        new Writing(run, output).All();
    }

    private sealed class Writing(Run run, TextWriter output)
    {
        private readonly CompiledMachine m = run.Machine;
        private readonly List<string> last = [];
        private readonly long start = new MachineView(run.Machine, InitialState.Of(run.Machine)).NowNs;
        private long now = -1;
        private int phase;
        private int boot;
        private int[] functions = [];
        private int[] lines = [];
        private int[] cpus = [];

        // Variables of a function and of a line, in this order.
        private static readonly (string Name, int Bits)[] OfFunction = [("bus_master", 1), ("intx_disable", 1), ("msi", 1), ("msix", 1), ("intx", 1), ("messages", 64)];
        private static readonly (string Name, int Bits)[] OfLine = [("level", 1), ("masked", 1), ("disabled", 1), ("deliveries", 64)];

        private readonly Dictionary<int, long> counts = [];

        public void All()
        {
            Line("$version PciDash $end");
            Line($"$comment {m.Scenario.Id}, Linux {string.Join(", then ", m.Boots.Select(b => b.Spec.Release.Version))}, seed {Number(run.Seed)} $end");
            Line($"$comment phases: {string.Join(", ", m.Names.Select((n, i) => $"{Number(i)} {n.Replace('$', ' ')}"))} $end");
            Line($"$comment the shutdown starts at {Number(-start)} ns $end");
            Line("$timescale 1 ns $end");
            Line("$scope module machine $end");
            phase = Declare("phase", 8);
            boot = Declare("boot", 3);
            cpus = [.. Enumerable.Range(0, m.CpuCount).Select(c => Declare($"cpu{Number(c)}_handles_irq", 16))];
            functions = [.. m.Functions.Select(f => Scope("f_" + f.Bdf.ToString().Replace(':', '_').Replace('.', '_'), OfFunction))];
            lines = [.. m.Lines.Select(l => Scope($"irq{l.Gsi}", OfLine))];
            Line("$upscope $end");
            Line("$enddefinitions $end");
            Start();
            foreach (var e in Unfolded.Of(run.Recording))
            {
                Take(e);
            }

            At(run.EndNs);
        }

        private void Start()
        {
            At(start);
            Line("$dumpvars");
            var view = new MachineView(m, InitialState.Of(m));
            Set(phase, m.Names.ToList().IndexOf(view.Phase));
            Set(boot, view.Boot);
            foreach (var cpu in cpus)
            {
                Set(cpu, 0);
            }

            Registers(view);
            foreach (var f in functions)
            {
                Set(f + 5, 0);
            }

            foreach (var l in lines)
            {
                Set(l + 3, 0);
            }

            Line("$end");
        }

        private void Registers(MachineView view)
        {
            for (var f = 0; f < functions.Length; f++)
            {
                var at = view.Function(f);
                SetAll(functions[f], at.BusMaster, at.IntxDisable, at.MsiEnable, at.MsixEnable, at.PinAsserted);
            }

            for (var l = 0; l < lines.Length; l++)
            {
                var at = view.Line(l);
                SetAll(lines[l], at.Asserted, at.Masked, at.Disabled);
            }
        }

        private void Take(in TimedEvent t)
        {
            var e = t.Event;
            At(t.TimeNs);
            switch (e.Kind)
            {
                case EventKind.Phase:
                    Set(phase, e.A);
                    Set(boot, e.B);
                    break;
                case EventKind.Reset:
                    // It writes no register, and changes them all.
                    Registers(run.At(t.Raw).After);
                    break;
                case EventKind.CfgCommand:
                    Set(functions[e.Subject], (e.B >> 2) & 1);
                    Set(functions[e.Subject] + 1, (e.B >> 10) & 1);
                    break;
                case EventKind.CfgMsi:
                    Set(functions[e.Subject] + 2, e.A);
                    break;
                case EventKind.CfgMsix:
                    Set(functions[e.Subject] + 3, e.A);
                    break;
                case EventKind.Intx:
                    Set(functions[e.Subject] + 4, e.A);
                    break;
                case EventKind.MsiWrite:
                    Count(functions[e.Subject] + 5, t.Times);
                    break;
                case EventKind.Line:
                    Set(lines[e.Subject], e.A);
                    break;
                case EventKind.IoapicPin:
                    Set(lines[e.Subject] + 1, e.A);
                    break;
                case EventKind.IrqDisabled when e.Subject < lines.Length:
                    Set(lines[e.Subject] + 2, 1);
                    break;
                case EventKind.RequestIrq when e.D < lines.Length:
                    Set(lines[e.D] + 2, 0);
                    break;
                case EventKind.IrqDelivered when e.Subject >= 0 && e.Subject < lines.Length:
                    Count(lines[e.Subject] + 3, t.Times);
                    break;
                case EventKind.Handler:
                    Set(cpus[e.B], (e.C & 1) == 0 ? e.A : 0);
                    break;
            }
        }

        private void SetAll(int first, params ReadOnlySpan<bool> values)
        {
            for (var i = 0; i < values.Length; i++)
            {
                Set(first + i, values[i] ? 1 : 0);
            }
        }

        private void Count(int variable, long more)
        {
            counts[variable] = counts.GetValueOrDefault(variable) + more;
            Set(variable, counts[variable]);
        }

        private int Scope(string name, (string Name, int Bits)[] variables)
        {
            Line($"$scope module {name} $end");
            var first = last.Count;
            foreach (var (variable, bits) in variables)
            {
                Declare(variable, bits);
            }

            Line("$upscope $end");
            return first;
        }

        private readonly List<int> widths = [];

        private int Declare(string name, int bits)
        {
            Line($"$var {(bits == 1 ? "wire" : "integer")} {Number(bits)} {Code(last.Count)} {name} $end");
            last.Add("");
            widths.Add(bits);
            return last.Count - 1;
        }

        // Printable characters, as few as are needed.
        private static string Code(int variable)
        {
            var code = "";
            for (var left = variable; left >= 0; left = (left / Codes) - 1)
            {
                code += (char)(FirstCode + (left % Codes));
            }

            return code;
        }

        private void Set(int variable, long value)
        {
            var written = widths[variable] == 1 ? Number(value & 1) + Code(variable) : $"b{Convert.ToString(value, 2)} {Code(variable)}";
            if (last[variable] != written)
            {
                last[variable] = written;
                Line(written);
            }
        }

        private void At(long ns)
        {
            if (ns - start > now)
            {
                now = ns - start;
                Line("#" + Number(now));
            }
        }

        private void Line(string text)
        {
            output.Write(text);
            output.Write('\n');
        }

        private static string Number<T>(T value)
            where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
    }
}
