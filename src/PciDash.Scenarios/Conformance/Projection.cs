using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// The recording as a set of demands, by function and by line. What the model does is taken off it, event by event; an event that no demand
/// allows is a contradiction. Of two demands on one function or line the one whose time ended before the other's began comes first; folds
/// whose times overlap may mix.
/// </summary>
internal sealed class Projection
{
    private readonly CompiledMachine machine;
    private readonly bool writesOnly;
    private readonly Demand[] demands;
    private readonly long[] left;
    private readonly List<Meeting> meetings = [];
    private readonly Dictionary<int, int[]> eois;

    // The demand that the last delivery of a line met.
    private readonly Dictionary<int, int> delivered = [];
    private readonly Dictionary<(bool Line, int Index), int[]> bySubject;
    private readonly Dictionary<(bool Line, int Index), int> firstOpen = [];

    public Projection(CompiledMachine machine, IReadOnlyList<ObservedEvent> events, bool writesOnly)
    {
        this.writesOnly = writesOnly;
        this.machine = machine;
        var functionOf = machine.Functions.ToDictionary(f => f.Bdf, f => f.Index);
        var lineOf = machine.Lines.ToDictionary(l => l.Gsi.Value, l => l.Index);
        var placed = new List<Demand>();
        foreach (var e in events)
        {
            var isLine = e.Gsi >= 0 && e.Kind is ObservedKind.Line or ObservedKind.Pin or ObservedKind.Delivered or ObservedKind.NobodyCared or ObservedKind.IrqDisabled or ObservedKind.Eoi;
            if (isLine ? lineOf.TryGetValue(e.Gsi, out var at) : e.Bdf is { } bdf && functionOf.TryGetValue(bdf, out at))
            {
                placed.Add(new Demand(e, isLine, at));
            }
            else if (e.Class != ObservedClass.Hint)
            {
                Unplaced++;
            }
        }

        demands = [.. placed];
        eois = Enumerable.Range(0, demands.Length).Where(i => demands[i].Event.Kind == ObservedKind.Eoi).GroupBy(i => demands[i].Index).ToDictionary(g => g.Key, g => g.ToArray());
        left = [.. demands.Select(d => d.Event.Times)];
        bySubject = Enumerable.Range(0, demands.Length).Where(i => IsOrdered(demands[i].Event.Kind))
            .GroupBy(i => Subject(demands[i])).ToDictionary(g => g.Key, g => g.ToArray());
    }

    /// <summary>Judged events that belong to no function or line of the model (an edge pin, a function that lspci does not list).</summary>
    public int Unplaced { get; }

    /// <summary>The event of the model that contradicts the recording, or null.</summary>
    public Refusal? Refused { get; private set; }

    public int Count => demands.Length;

    public Demand this[int i] => demands[i];

    public long Left(int i) => left[i];

    /// <summary>Judged events that the model has explained, folds counted once.</summary>
    public (int Exact, int Bounded) Explained => (Done(ObservedClass.Exact), Done(ObservedClass.Bounded));

    /// <summary>Judged events in all, folds counted once.</summary>
    public (int Exact, int Bounded) Total => (demands.Count(d => d.Event.Class == ObservedClass.Exact), demands.Count(d => d.Event.Class == ObservedClass.Bounded));

    /// <summary>Called before a change of a line's mask is taken: what was sent in the same step came first.</summary>
    public Action<int>? BeforeMask { get; set; }

    /// <summary>Events of the model taken off so far.</summary>
    public long Taken { get; private set; }

    /// <summary>The model's events that first met a demand, in the order in which the model brought them about.</summary>
    public IReadOnlyList<Meeting> Meetings => meetings;

    /// <summary>Takes more of a fold's events off: rounds that are all the same.</summary>
    public void TakeMore(int i, long times)
    {
        left[i] -= times;
        Taken += times;
    }

    /// <summary>
    /// Deliveries of a line that are left from a demand on until its pin is masked, and whether it is masked because it was given up.
    /// </summary>
    public (long Deliveries, bool GivenUp) StormFrom(int i)
    {
        var line = demands[i].Index;
        var own = bySubject[(true, line)];
        var deliveries = 0L;
        var masked = double.PositiveInfinity;
        for (var at = Array.IndexOf(own, i); at < own.Length; at++)
        {
            var e = demands[own[at]].Event;
            if (e.Kind == ObservedKind.Pin && e.Value == 1)
            {
                masked = e.T;
            }
            else if (e.Kind == ObservedKind.Delivered)
            {
                if (masked < double.PositiveInfinity)
                {
                    break;
                }

                deliveries += left[own[at]];
            }
        }

        // What the console says comes some time after the mask.
        var next = own.Select(o => demands[o].Event).Where(e => e.Kind == ObservedKind.Delivered && e.T > masked).Select(e => e.T).DefaultIfEmpty(double.PositiveInfinity).Min();
        var givenUp = Enumerable.Range(0, demands.Length)
            .Any(d => left[d] > 0 && demands[d].Event.Kind == ObservedKind.NobodyCared && demands[d].Index == line && demands[d].Event.T < next);
        return (deliveries, givenUp);
    }

    /// <summary>Takes a demand off that is met by something else than an event of the model.</summary>
    public void Meet(int i)
    {
        Note(i, null);
        left[i] = 0;
    }

    private void Note(int i, in MachineEvent? e)
    {
        if (left[i] == demands[i].Event.Times)
        {
            meetings.Add(new Meeting(i, e));
        }
    }

    /// <summary>The IO-APIC has sent a line's interrupt.</summary>
    public void TakeDelivery(int line)
    {
        if (Refused is null && !writesOnly)
        {
            TakeOne((true, line), ObservedKind.Delivered, 0, new MachineEvent(EventKind.IrqDelivered, line, 0, 0, (int)DeliveryOutcome.FlowHandler, 0, -1));
        }
    }

    /// <summary>Something that the model did.</summary>
    public void Take(in MachineEvent e)
    {
        if (Refused is not null || (writesOnly && e.Kind is not (EventKind.CfgCommand or EventKind.CfgMsi or EventKind.CfgMsix)))
        {
            return;
        }

        if (e.Subject >= 0 && e.Kind is EventKind.CfgCommand or EventKind.DriverShutdown && BareHandler.Is(machine.Functions[e.Subject]))
        {
            return;
        }

        switch (e.Kind)
        {
            case EventKind.CfgCommand:
                TakeOne((false, e.Subject), ObservedKind.Command, e.B & 0x0404, e);
                break;
            case EventKind.CfgMsi:
                TakeOne((false, e.Subject), ObservedKind.Msi, e.A, e);
                break;
            case EventKind.CfgMsix:
                TakeOne((false, e.Subject), ObservedKind.Msix, e.A | (e.B << 1), e);
                break;
            case EventKind.DriverShutdown when e.A == 0 && bySubject.ContainsKey(Walk):
                TakeOne(Walk, ObservedKind.Shutdown, e.Subject, e);
                break;
            case EventKind.Line:
                TakeOne((true, e.Subject), ObservedKind.Line, e.A, e);
                break;
            case EventKind.IoapicPin:
                BeforeMask?.Invoke(e.Subject);
                TakeOne((true, e.Subject), ObservedKind.Pin, e.A, e);
                break;
            case EventKind.Eoi:
                LastEoi = e.Subject;
                CheckEoi(e);
                break;
            case EventKind.NobodyCared:
                TakeBounded(ObservedKind.NobodyCared, e);
                break;
            case EventKind.IrqDisabled:
                TakeBounded(ObservedKind.IrqDisabled, e);
                break;
            case EventKind.MsiWrite when e.C is (int)MsiResult.Delivered or (int)MsiResult.LatchedIrr:
                LastMessage = e.Subject;
                break;
            default:
                break;
        }
    }

    /// <summary>True if no fold of a line is half met.</summary>
    public bool IsLevel(int line) => OpenOf((true, line)).All(i => left[i] == demands[i].Event.Times);

    /// <summary>What is left of it now, to come back to.</summary>
    public Standing Save() => new((long[])left.Clone(), new Dictionary<int, int>(delivered), meetings.Count);

    /// <summary>Comes back to what was saved.</summary>
    public void Restore(Standing saved)
    {
        saved.Left.CopyTo(left, 0);
        meetings.RemoveRange(saved.Meetings, meetings.Count - saved.Meetings);
        firstOpen.Clear();
        delivered.Clear();
        foreach (var (line, i) in saved.Delivered)
        {
            delivered.Add(line, i);
        }

        Refused = null;
    }

    /// <summary>Line whose EOI came last, or -1.</summary>
    public int LastEoi { get; set; } = -1;

    /// <summary>True if the recording shows the EOIs of a line, so that its order is exact.</summary>
    public bool ShowsEoi(int line) => eois.ContainsKey(line);

    /// <summary>True for an EOI before the last delivery that the model has met: it is past already.</summary>
    public bool IsOfEarlierDelivery(int eoi) =>
        delivered.TryGetValue(demands[eoi].Index, out var last) && left[last] == 0 && demands[last].Event.Times > 1 && demands[eoi].Event.TLast < demands[last].Event.TLast;

    /// <summary>Function whose message was accepted last, or -1.</summary>
    public int LastMessage { get; set; } = -1;

    /// <summary>What the recording would allow for a function or a line next.</summary>
    public IEnumerable<ObservedEvent> Open(bool line, int index) => OpenOf((line, index)).Select(i => demands[i].Event);

    /// <summary>True if a demand of that kind and value is open on a line.</summary>
    public bool IsOpen(int line, ObservedKind kind, int value) =>
        OpenOf((true, line)).Any(i => demands[i].Event.Kind == kind && demands[i].Event.Value == value);

    /// <summary>True if the line rises and falls again next without a delivery in between: whoever raised it did so within an interrupt, or behind a mask.</summary>
    public bool FallsUnheard(int line)
    {
        if (!bySubject.TryGetValue((true, line), out var own))
        {
            return false;
        }

        var next = own.Where(i => left[i] > 0).Take(2).Select(i => demands[i].Event).ToList();
        return next is [{ Kind: ObservedKind.Line, Value: 1, Times: 1 }, { Kind: ObservedKind.Line, Value: 0, Times: 1 }];
    }

    /// <summary>True if the recording still has such an event for a line.</summary>
    public bool Expects(ObservedKind kind, int line)
    {
        for (var i = 0; i < demands.Length; i++)
        {
            if (left[i] > 0 && demands[i].IsLine && demands[i].Index == line && demands[i].Event.Kind == kind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How often an event of that kind and value may still come on a line now.</summary>
    public long LeftOpen(int line, ObservedKind kind, int value) =>
        OpenOf((true, line)).Where(i => demands[i].Event.Kind == kind && demands[i].Event.Value == value).Sum(i => left[i]);

    private static readonly (bool Line, int Index) Walk = (false, -1);

    private int Done(ObservedClass which) => Enumerable.Range(0, demands.Length).Count(i => demands[i].Event.Class == which && left[i] == 0);

    private static bool IsOrdered(ObservedKind kind) => kind is not (ObservedKind.NobodyCared or ObservedKind.IrqDisabled or ObservedKind.Message or ObservedKind.Request or ObservedKind.Eoi);

    private static (bool Line, int Index) Subject(Demand d) => d.Event.Kind == ObservedKind.Shutdown ? Walk : (d.IsLine, d.Index);

    private static int ValueOf(Demand d) => d.Event.Kind == ObservedKind.Shutdown ? d.Index : d.Event.Value;

    private IEnumerable<int> OpenOf((bool Line, int Index) subject)
    {
        if (!bySubject.TryGetValue(subject, out var own))
        {
            yield break;
        }

        var start = firstOpen.GetValueOrDefault(subject);
        while (start < own.Length && left[own[start]] == 0)
        {
            start++;
        }

        firstOpen[subject] = start;
        var ended = double.PositiveInfinity;
        for (var at = start; at < own.Length && demands[own[at]].Event.T <= ended; at++)
        {
            if (left[own[at]] > 0)
            {
                yield return own[at];
                ended = Math.Min(ended, demands[own[at]].Event.TLast);
            }
        }
    }

    // Where the EOI of a delivery is known, what the line did before it has to have come before it.
    private void CheckEoi(in MachineEvent e)
    {
        if (!eois.TryGetValue(e.Subject, out var own) || !delivered.TryGetValue(e.Subject, out var last) || demands[last].Event.Times > 1)
        {
            return;
        }

        var since = demands[last].Event.T;
        var eoi = Array.FindIndex(own, i => demands[i].Event.TLast >= since);
        if (eoi < 0 || demands[own[eoi]].Event.Times > 1)
        {
            return;
        }

        var next = OpenOf((true, e.Subject)).FirstOrDefault(-1);
        if (next >= 0 && demands[next].Event is { Kind: ObservedKind.Line, Times: 1 } line && line.T < demands[own[eoi]].Event.T)
        {
            Refused = new Refusal(e, line);
        }
    }

    private void TakeOne((bool Line, int Index) subject, ObservedKind kind, int value, in MachineEvent e)
    {
        foreach (var i in OpenOf(subject))
        {
            if (demands[i].Event.Kind == kind && ValueOf(demands[i]) == value)
            {
                Note(i, e);
                left[i]--;
                Taken++;
                if (kind == ObservedKind.Delivered)
                {
                    delivered[subject.Index] = i;
                }

                return;
            }
        }

        Refused = new Refusal(e, OpenOf(subject).Select(i => demands[i].Event).FirstOrDefault());
    }

    private void TakeBounded(ObservedKind kind, in MachineEvent e)
    {
        for (var i = 0; i < demands.Length; i++)
        {
            if (demands[i].Event.Kind == kind && demands[i].Index == e.Subject && left[i] > 0)
            {
                Note(i, e);
                left[i]--;
                Taken++;
                return;
            }
        }

        Refused = new Refusal(e, null);
    }
}

/// <summary>One demand: an event of the recording, and the function or line of the model that it is about.</summary>
internal readonly record struct Demand(ObservedEvent Event, bool IsLine, int Index);

/// <summary>How much of the recording is met.</summary>
/// <param name="Left">How often each demand is still to be met.</param>
/// <param name="Delivered">By line, the demand that its last delivery met.</param>
/// <param name="Meetings">How many demands had been met at least once.</param>
internal sealed record Standing(long[] Left, IReadOnlyDictionary<int, int> Delivered, int Meetings);

/// <summary>The model met a demand for the first time.</summary>
/// <param name="Demand">Which one.</param>
/// <param name="Model">By which event; null if it is a hint, or a message whose way through the machine is not recorded.</param>
internal readonly record struct Meeting(int Demand, MachineEvent? Model);

/// <summary>The model did something that the recording does not have there.</summary>
/// <param name="Model">What the model did.</param>
/// <param name="Instead">What the recording has next on that function or line; null if nothing.</param>
internal sealed record Refusal(MachineEvent Model, ObservedEvent? Instead);

/// <summary>Hands the model's events to the projection.</summary>
internal readonly struct ProjectionSink(Projection projection) : IEventSink
{
    public static bool Records => false;

    public long Emit(in MachineEvent e, long why, long also)
    {
        projection.Take(e);
        return -1;
    }
}
