using System.Globalization;
using System.Numerics;
using System.Runtime.ExceptionServices;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Visits every state that can be reached, breadth first, on one or more threads. Successors are computed and looked up by all of them; the
/// thread that called adds what is new in the order in which one thread alone would find it. So numbers of states, their order, the way to
/// each and the first violations do not depend on how many threads there are.
/// </summary>
internal sealed class BreadthFirst
{
    private const int LookUpEvery = 4_096;

    // A large search looks further ahead.
    private const int FurtherIfLarge = 40;

    // Batches under way for each thread: so many that none waits for the thread that adds.
    private const int BatchesPerThread = 64;

    // Of SpinWait: it lets others run, but never sleeps a whole millisecond.
    private const int NoSleep = -1;

    private readonly CompiledMachine m;
    private readonly IReadOnlyList<Property> properties;
    private readonly OpenPlaces open;
    private readonly StepsAlone? reduction;
    private readonly Expander own;
    private readonly ulong[] before;
    private Batch[] ring = [new Batch()];
    private Task[] workers = [];
    private bool isLarge;

    // Numbers of batches: up to where there are some, are taken by a thread, are added. A batch lies at its number modulo the ring's length.
    private long assigned;
    private long claimed;
    private long added;
    private int next;
    private SpinWait waits;
    private volatile bool stops;
    private volatile ExceptionDispatchInfo? failure;

    /// <summary>Prepares a search.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="watched">Properties; their places are bits.</param>
    /// <param name="places">Of which violations the search is to be told.</param>
    /// <param name="steps">What need not be tried in every order; null = everything is.</param>
    public BreadthFirst(CompiledMachine machine, IReadOnlyList<Property> watched, OpenPlaces places, StepsAlone? steps = null)
    {
        reduction = steps;
        m = machine;
        properties = watched;
        open = places;
        Store = new StateStore(InitialState.Untimed(machine));
        own = new Expander(machine, Store, watched, places, steps);
        before = new ulong[machine.ControlWords];
    }

    /// <summary>What was visited, in the order of distance from the start.</summary>
    public StateStore Store { get; }

    /// <summary>A search that is over after this many states is not worth another thread, nor a long look ahead.</summary>
    public int LargeFrom { get; set; } = 10_000;

    /// <summary>Steps of a walk from which is learned which bits ever change, before anything is stored.</summary>
    public int ForeseenSteps { get; set; } = 500;

    /// <summary>Actions carried out.</summary>
    public long Transitions { get; private set; }

    /// <summary>Every state was visited.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Searches. Returns which bound was hit; empty if none.</summary>
    /// <param name="limits">How much it may use.</param>
    /// <param name="started">When the time began to count.</param>
    /// <param name="atStart">Told which properties the first state violates. True = that is enough.</param>
    /// <param name="violated">Told of a violation that is of interest: which property, the state before it and the action. True = that is enough.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancel">Ends it.</param>
    public string Search(
        SearchBudget limits, long started, Func<ulong, bool> atStart, Func<int, int, int, bool> violated, Action<SearchProgress>? progress, CancellationToken cancel)
    {
        own.Foresee(ForeseenSteps);
        var start = InitialState.Untimed(m);
        Store.Add(start, -1, -1);
        if (atStart(own.InState(start)))
        {
            return "";
        }

        try
        {
            var bound = "";
            for (var looked = -1; bound.Length == 0;)
            {
                if (Store.Count > LargeFrom && !isLarge)
                {
                    BecomeLarge(limits.Threads);
                }

                Assign();
                if (added == assigned)
                {
                    IsComplete = true;
                    return "";
                }

                if (NextDone() is not { } batch)
                {
                    continue;
                }

                if (!TryAdd(batch, limits, violated, ref bound))
                {
                    return bound;
                }

                Volatile.Write(ref added, added + 1);
                var at = batch.First + batch.Count;
                if (looked != at / LookUpEvery)
                {
                    looked = at / LookUpEvery;
                    progress?.Invoke(new SearchProgress(Store.Count, Store.Count - at, Transitions));
                }

                bound = bound.Length > 0 ? bound
                    : cancel.IsCancellationRequested ? "cancelled"
                    : TimeProvider.System.GetElapsedTime(started) > limits.Time ? Invariant($"{limits.Time.TotalSeconds:0.#} s")
                    : "";
            }

            return bound;
        }
        finally
        {
            Stop();
        }
    }

    // Adds what is new in a batch, state by state, so that where it ends does not depend on how states fell into batches. False: that is enough.
    private bool TryAdd(Batch batch, SearchBudget limits, Func<int, int, int, bool> violated, ref string bound)
    {
        var i = 0;
        for (var place = 0; place < batch.Count && bound.Length == 0; place++)
        {
            Transitions += batch.Actions[place];
            for (; i < batch.Kept && batch[i].From == batch.First + place; i++)
            {
                ref readonly var successor = ref batch[i];
                if (!successor.IsKnown)
                {
                    Store.Add(batch.Packed(i), successor.Hash, successor.From, successor.Move);
                }

                if (successor.Violated != 0 && IsEnough(successor, violated))
                {
                    return false;
                }
            }

            bound = Store.Count > limits.States ? Invariant($"{limits.States:N0} states")
                : Store.Bytes > limits.Bytes ? Invariant($"{limits.Bytes / 1_000_000:N0} MB")
                : "";
        }

        return true;
    }

    private bool IsEnough(in Batch.Successor successor, Func<int, int, int, bool> violated)
    {
        Store.Unpack(successor.From, before);
        for (var left = successor.Violated; left != 0; left &= left - 1)
        {
            var property = BitOperations.TrailingZeroCount(left);
            if (open.Take(property, before) && violated(property, successor.From, successor.Move))
            {
                return true;
            }
        }

        return false;
    }

    private void Assign()
    {
        while (assigned - added < ring.Length && next < Store.Count)
        {
            var count = Math.Min(Batch.States, Store.Count - next);
            ring[assigned % ring.Length].Assign(next, count);
            next += count;
            Volatile.Write(ref assigned, assigned + 1);
        }
    }

    // The batch that is added next, if it is computed; otherwise this thread does something about it.
    private Batch? NextDone()
    {
        failure?.Throw();
        var batch = ring[added % ring.Length];
        if (!batch.IsDone)
        {
            if (TryCompute(own))
            {
                waits.Reset();
            }
            else
            {
                // The thread that computes it may need this one's processor.
                waits.SpinOnce(NoSleep);
            }

            return null;
        }

        waits.Reset();
        while (batch.Layout != Store.Layout)
        {
            own.Compute(batch);
            if (batch.Layout < 0)
            {
                Hold();
                own.Learn(batch);
            }
        }

        return batch;
    }

    private bool TryCompute(Expander with)
    {
        while (Volatile.Read(ref claimed) is var number && number < Volatile.Read(ref assigned))
        {
            if (Interlocked.CompareExchange(ref claimed, number + 1, number) == number)
            {
                var batch = ring[number % ring.Length];
                with.Compute(batch);
                batch.IsDone = true;
                return true;
            }
        }

        return false;
    }

    // Nobody uses the store when this returns: what was not begun is left to this thread, what was begun is over.
    private void Hold()
    {
        for (var number = Interlocked.Exchange(ref claimed, assigned); number < assigned; number++)
        {
            ring[number % ring.Length].IsDone = true;
        }

        var spin = default(SpinWait);
        for (var number = added; number < assigned; number++)
        {
            while (!ring[number % ring.Length].IsDone)
            {
                failure?.Throw();
                spin.SpinOnce(NoSleep);
            }
        }
    }

    private void BecomeLarge(int threads)
    {
        // The one batch that there was is added.
        System.Diagnostics.Debug.Assert(added == assigned, "a batch is under way");
        isLarge = true;
        own.Foresee(FurtherIfLarge * ForeseenSteps);
        Store.PackAnew();
        if (threads > 1)
        {
            own.LooksUp = true;
            ring = [.. Enumerable.Range(0, threads * BatchesPerThread).Select(_ => new Batch())];
            workers = [.. Enumerable.Range(1, threads - 1).Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        }
    }

    private void Work()
    {
        const int patience = 200;
        try
        {
            var expander = new Expander(m, Store, properties, open, reduction) { LooksUp = true };
            for (var idle = 0; !stops; idle++)
            {
                if (TryCompute(expander))
                {
                    idle = 0;
                }
                else if (idle < patience)
                {
                    Thread.SpinWait(50);
                }
                else
                {
                    // There is nothing to do for a while.
                    Thread.Sleep(1);
                }
            }
        }
        catch (Exception e)
        {
            // The thread that called is told of it.
            failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    private void Stop()
    {
        stops = true;
        Task.WaitAll(workers);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
