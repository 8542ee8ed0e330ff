using PciDash.Web.Hosting;

namespace PciDash.Web.Tests.Hosting;

/// <summary>Places that are shared fairly: by visitor, not by who asks most.</summary>
public class TurnsTests
{
    [Fact]
    public async Task A_free_place_goes_to_who_holds_the_fewest_and_then_to_who_waited_longest()
    {
        var turns = new Turns(2);
        var a1 = await turns.TakeAsync("a", CancellationToken.None);
        var a2 = await turns.TakeAsync("a", CancellationToken.None);
        var a3 = turns.TakeAsync("a", CancellationToken.None);
        var a4 = turns.TakeAsync("a", CancellationToken.None);
        var b1 = turns.TakeAsync("b", CancellationToken.None);
        var b2 = turns.TakeAsync("b", CancellationToken.None);
        Assert.All([a3, a4, b1, b2], t => Assert.False(t.IsCompleted));

        a1.Dispose();
        var b1s = await Called(b1);
        Assert.False(a3.IsCompleted);
        a2.Dispose();

        // a holds none now, b one.
        var a3s = await Called(a3);
        Assert.False(b2.IsCompleted);
        a3s.Dispose();
        var a4s = await Called(a4);
        a4s.Dispose();
        b1s.Dispose();
        (await Called(b2)).Dispose();
    }

    [Fact]
    public async Task Who_leaves_the_queue_is_not_called_and_keeps_no_place()
    {
        var turns = new Turns(1);
        var first = await turns.TakeAsync("a", CancellationToken.None);
        using var leaving = new CancellationTokenSource();
        var gone = turns.TakeAsync("b", leaving.Token);
        var next = turns.TakeAsync("c", CancellationToken.None);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        first.Dispose();
        first.Dispose();
        var third = await Called(next);
        Assert.False(turns.TakeAsync("d", CancellationToken.None).IsCompleted);
        third.Dispose();
    }

    [Fact]
    public async Task Hurried_comings_and_goings_lose_no_place()
    {
        var turns = new Turns(3);
        await Task.WhenAll(Enumerable.Range(0, 400).Select(async n =>
        {
            using var leaving = new CancellationTokenSource();
            if (n % 3 == 0)
            {
                leaving.CancelAfter(TimeSpan.FromMilliseconds(n % 7));
            }

            try
            {
                using var turn = await turns.TakeAsync($"visitor {n % 5}", leaving.Token);
                await Task.Delay(1);
            }
            catch (OperationCanceledException)
            {
                // It did not wait.
            }
        }));
        for (var n = 0; n < 3; n++)
        {
            Assert.True(turns.TakeAsync("after", CancellationToken.None).IsCompleted);
        }
    }

    [Fact]
    public async Task The_share_is_divided_by_visitors_and_then_by_their_jobs()
    {
        var turns = new Turns(2);
        Assert.Equal(1, turns.Share("a"));
        using var a1 = await turns.TakeAsync("a", CancellationToken.None);
        Assert.Equal(1, turns.Share("a"));
        using var a2 = await turns.TakeAsync("a", CancellationToken.None);
        _ = turns.TakeAsync("a", CancellationToken.None);
        _ = turns.TakeAsync("a", CancellationToken.None);
        Assert.Equal(0.5, turns.Share("a"));
        _ = turns.TakeAsync("b", CancellationToken.None);
        Assert.Equal(1, turns.Share("b"));
        Assert.Equal(0.25, turns.Share("a"));
    }

    private static Task<Turns.Turn> Called(Task<Turns.Turn> turn) => turn.WaitAsync(TimeSpan.FromSeconds(30));
}
