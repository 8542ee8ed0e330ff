using System.Globalization;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Web.Lab;

/// <summary>What came of a run, in one sentence made from its outcomes.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="Bad">Something went wrong.</param>
public readonly record struct Headline(string Text, bool Bad)
{
    /// <summary>The sentence for a run.</summary>
    public static Headline Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var m = run.Machine;
        var bad = new List<string>();
        var good = new List<string>();
        foreach (var o in Outcomes.Of(run))
        {
            switch (o.Kind)
            {
                case OutcomeKind.StormDisabled:
                    bad.Add(Invariant($"IRQ {m.Lines[o.Line].Gsi} is disabled after {o.Count:N0} interrupts: nobody cared"));
                    break;
                case OutcomeKind.StormHidden:
                    bad.Add(Invariant($"IRQ {m.Lines[o.Line].Gsi} storms, {o.Count:N0} interrupts, and the kernel does not give it up"));
                    break;
                case OutcomeKind.UnknownVector:
                    bad.Add(Invariant($"{o.Count:N0} messages of {m.Functions[o.Function].Bdf} hit a vector of nobody"));
                    break;
                case OutcomeKind.Aliased:
                    bad.Add($"a message of {m.Functions[o.Function].Bdf} hits somebody else's vector");
                    break;
                case OutcomeKind.BothHandlers:
                    bad.Add($"MSI and INTx handlers of {m.Functions[o.Function].Bdf} run at once");
                    break;
                case OutcomeKind.RemapFault:
                    bad.Add(Invariant($"{o.Count:N0} messages of {m.Functions[o.Function].Bdf} are blocked by interrupt remapping"));
                    break;
                case OutcomeKind.TornDown:
                    bad.Add($"{m.Functions[o.Function].Bdf} is used after its shutdown had torn it down");
                    break;
                case OutcomeKind.UnsupportedRequest:
                    bad.Add($"{m.Functions[o.Function].Bdf} gets an Unsupported Request from a bridge that forwards nothing");
                    break;
                case OutcomeKind.ConfigMisaddressed:
                    bad.Add($"the driver of {m.Functions[o.Function].Bdf} accesses its config at an offset that has moved");
                    break;
                case OutcomeKind.DmaNextKernel:
                    bad.Add(Invariant($"{m.Functions[o.Function].Bdf} writes {o.Count:N0} times into memory of the next kernel"));
                    break;
                case OutcomeKind.LostIntxDisable:
                    bad.Add($"{m.Functions[o.Function].Bdf} is never heard: INTx-Disable is still set");
                    break;
                case OutcomeKind.LostRemoteIrr:
                    bad.Add($"IRQ {m.Lines[o.Line].Gsi} is never heard: remote IRR is still set");
                    break;
                case OutcomeKind.LostMode:
                    bad.Add($"{m.Functions[o.Function].Bdf} is never heard: its firmware still sends messages");
                    break;
                case OutcomeKind.LostBridge:
                    good.Add(Invariant($"{o.Count:N0} messages of {m.Functions[o.Function].Bdf} are lost, a bridge above has Bus Master 0"));
                    break;
                case OutcomeKind.PendingMasked:
                    good.Add($"IRQ {m.Lines[o.Line].Gsi} stays asserted behind a masked pin");
                    break;
                case OutcomeKind.LostBusMaster:
                    good.Add(Invariant($"{o.Count:N0} messages of {m.Functions[o.Function].Bdf} are lost, Bus Master is 0"));
                    break;
                case OutcomeKind.Handled when o.Function >= 0:
                    good.Add(Invariant($"{o.Count:N0} messages of {m.Functions[o.Function].Bdf} arrive after its shutdown"));
                    break;
            }
        }

        return bad.Count > 0 ? new Headline(string.Join("; ", bad) + ".", true)
            : new Headline("No irq is given up" + (good.Count > 0 ? "; " + string.Join("; ", good) : "") + ".", false);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
