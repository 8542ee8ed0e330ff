using System.Numerics;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>
/// The visited states of a slice, without the words of what is foreign: these change with the task's instruction alone, so they are kept
/// once for each. That they do is looked at with every state.
/// </summary>
internal sealed class SliceStore
{
    private readonly int taskWord;

    // Where that word is among those that are kept.
    private readonly int place;
    private readonly int[] kept;
    private readonly ulong[] foreign;
    private readonly ulong[] packed;
    private StateStore? store;
    private readonly Dictionary<ulong, ulong[]> images = [];

    public SliceStore(Slice slice)
    {
        taskWord = slice.Machine.TaskWord;
        kept = [.. Enumerable.Range(0, slice.Foreign.Length).Where(w => !slice.Foreign[w])];
        foreign = [.. slice.Foreign.Select(f => f ? ulong.MaxValue : 0)];
        place = Array.IndexOf(kept, taskWord);
        packed = new ulong[kept.Length];
    }

    public int Count => store?.Count ?? 0;

    public long Bytes => store?.Bytes ?? 0;

    public (int Parent, int Move) OriginOf(int index) => store!.OriginOf(index);

    /// <summary>Adds a state unless it is known; false if something foreign in it is not as it was at the same instruction before.</summary>
    public bool Add(ulong[] state, int parent, int move)
    {
        var pc = state[taskWord] & TaskBits.Pc;
        if (!images.TryGetValue(pc, out var image))
        {
            images.Add(pc, (ulong[])state.Clone());
        }
        else if (!IsAlike(state, image))
        {
            return false;
        }

        for (var i = 0; i < kept.Length; i++)
        {
            packed[i] = state[kept[i]];
        }

        store ??= new StateStore(packed);
        store.Add(packed, parent, move);
        return true;
    }

    /// <summary>A state, whole.</summary>
    public void Load(int index, ulong[] into)
    {
        store![index].CopyTo(packed);
        images[packed[place] & TaskBits.Pc].CopyTo(into, 0);
        for (var i = 0; i < kept.Length; i++)
        {
            into[kept[i]] = packed[i];
        }
    }

    // Everything that is foreign, many words at a time: it is most of a large machine.
    private bool IsAlike(ulong[] state, ulong[] image)
    {
        var i = 0;
        for (; i + Vector<ulong>.Count <= state.Length; i += Vector<ulong>.Count)
        {
            if (((new Vector<ulong>(state, i) ^ new Vector<ulong>(image, i)) & new Vector<ulong>(foreign, i)) != Vector<ulong>.Zero)
            {
                return false;
            }
        }

        for (; i < state.Length; i++)
        {
            if (((state[i] ^ image[i]) & foreign[i]) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
