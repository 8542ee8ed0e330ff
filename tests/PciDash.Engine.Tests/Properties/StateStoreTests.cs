using CsCheck;
using PciDash.Engine.Exploration;

namespace PciDash.Engine.Tests.Properties;

/// <summary>The visited states against a dictionary: packed as they are, none is lost and none is taken for another.</summary>
public class StateStoreTests
{
    private const int Width = 5;

    // Few bits differ, as in a search; the last states differ in more, which the store learns late.
    private static readonly Gen<ulong[][]> States =
        from usual in Gen.ULong[0, 7].Select(w => w | (w << 40)).Array[Width].Array[1, 2_000]
        from late in Gen.ULong.Array[Width].Array[0, 3]
        select (ulong[][])[.. usual, .. late, .. usual];

    [Fact]
    public void A_store_knows_the_states_that_were_added_and_no_other() => States.Sample(states =>
    {
        var store = new StateStore(states[0]);
        var known = new Dictionary<string, int>();
        foreach (var state in states)
        {
            var isNew = known.TryAdd(string.Join(' ', state), known.Count);
            Assert.Equal(isNew, store.Add(state, known.Count, 1));
        }

        Assert.Equal(known.Count, store.Count);
        foreach (var anew in new[] { false, true })
        {
            if (anew)
            {
                store.PackAnew();
            }

            foreach (var state in states)
            {
                var index = known[string.Join(' ', state)];
                Assert.Equal(state, store[index].ToArray());
                Assert.Equal(index, store.IndexOf(state));
            }
        }
    }, iter: 50);

    // By what differs from the state before it, in a row that has room for bits that are learned on the way.
    [Fact]
    public void A_successor_is_packed_as_any_other_state() => States.Sample(states =>
    {
        var store = new StateStore(states[0]);
        store.Add(states[0], -1, -1);
        var packed = new ulong[Width];
        for (var i = 1; i < states.Length; i++)
        {
            var known = store.Count;
            var from = store[known - 1].ToArray();
            if (!store.TryPrepare(states[i], from, store.Packed(known - 1), packed, out var hash))
            {
                Assert.True(store.Learn(states[i]));
                Assert.True(store.TryPrepare(states[i], from, store.Packed(known - 1), packed, out hash));
            }

            Assert.Equal(!store.Knows(packed, hash), store.Add(packed, hash, i, 0));
            Assert.False(store.Add(states[i], i, 0));
            Assert.Equal(states[i], store[store.IndexOf(states[i])].ToArray());
        }
    }, iter: 20);

    [Fact]
    public void Bits_are_moved_together_and_back_again() => Gen.Select(Gen.ULong, Gen.OneOf(Gen.ULong, Gen.Const(ulong.MaxValue), Gen.Const(0UL), Gen.ULong.Select(b => b | (b << 63)))).Sample((word, bits) =>
    {
        var together = 0UL;
        var at = 0;
        for (var bit = 0; bit < 64; bit++)
        {
            if (((bits >> bit) & 1) != 0)
            {
                together |= ((word >> bit) & 1) << at++;
            }
        }

        Assert.Equal(together, StatePacking.ExtractByRuns(word, bits));
        Assert.Equal(word & bits, StatePacking.DepositByRuns(together, bits));
    });
}
