namespace PciDash.Web.Hosting;

/// <summary>
/// Places for work that takes long, shared fairly among visitors: a free place goes to the one who holds the fewest, and among these to
/// the one who has waited longest. So somebody with ten pages does not keep others waiting, and who is alone has all places.
/// </summary>
/// <param name="places">How many work at once.</param>
public sealed class Turns(int places)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> held = [];
    private readonly LinkedList<(string Visitor, TaskCompletionSource Called)> waiting = [];
    private readonly int places = places;
    private int free = places;

    /// <summary>Jobs that work or wait.</summary>
    public int Jobs
    {
        get
        {
            lock (gate)
            {
                return places - free + waiting.Count;
            }
        }
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="visitor">Who asks: <see cref="Visitor.Key"/>.</param>
    /// <param name="cancel">Leaves the queue.</param>
    /// <returns>The place; it is given back by disposing of it.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited.</exception>
    public async Task<Turn> TakeAsync(string visitor, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        LinkedListNode<(string Visitor, TaskCompletionSource Called)> mine;
        lock (gate)
        {
            mine = waiting.AddLast((visitor, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            CallNext();
        }

        try
        {
            await mine.Value.Called.Task.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            lock (gate)
            {
                if (mine.List is null)
                {
                    // It was called while it left.
                    GiveBack(visitor);
                }
                else
                {
                    waiting.Remove(mine);
                }
            }

            throw;
        }

        return new Turn(this, visitor);
    }

    /// <summary>
    /// What part of a job's time one job of this visitor may have: the places are divided among the visitors who work or wait, and a
    /// visitor's part among that visitor's jobs.
    /// </summary>
    /// <returns>Above 0, at most 1.</returns>
    public double Share(string visitor)
    {
        lock (gate)
        {
            var jobs = Held(visitor) + waiting.Count(w => w.Visitor == visitor);
            var visitors = held.Keys.Union(waiting.Select(w => w.Visitor)).Append(visitor).Distinct().Count();
            return Math.Min(1, (double)places / visitors / Math.Max(1, jobs));
        }
    }

    private int Held(string visitor) => held.GetValueOrDefault(visitor);

    private void CallNext()
    {
        while (free > 0 && waiting.Count > 0)
        {
            var next = waiting.First!;
            for (var n = next; n is not null; n = n.Next)
            {
                next = Held(n.Value.Visitor) < Held(next.Value.Visitor) ? n : next;
            }

            free--;
            held[next.Value.Visitor] = Held(next.Value.Visitor) + 1;
            waiting.Remove(next);
            next.Value.Called.SetResult();
        }
    }

    private void GiveBack(string visitor)
    {
        free++;
        held[visitor]--;
        if (held[visitor] == 0)
        {
            held.Remove(visitor);
        }

        CallNext();
    }

    /// <summary>A place that is held.</summary>
    public sealed class Turn : IDisposable
    {
        private readonly string visitor;
        private Turns? of;

        internal Turn(Turns of, string visitor) => (this.of, this.visitor) = (of, visitor);

        /// <inheritdoc/>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref of, null) is { } turns)
            {
                lock (turns.gate)
                {
                    turns.GiveBack(visitor);
                }
            }
        }
    }
}
