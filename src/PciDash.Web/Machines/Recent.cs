namespace PciDash.Web.Machines;

/// <summary>The last few of something, by key; the one used longest ago goes first. Shared by all readers.</summary>
/// <param name="most">How many are kept.</param>
internal sealed class Recent<T>(int most)
    where T : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, T Value)>> known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, T Value)> byUse = [];

    public T? Find(string key)
    {
        lock (gate)
        {
            if (!known.TryGetValue(key, out var node))
            {
                return null;
            }

            byUse.Remove(node);
            byUse.AddFirst(node);
            return node.Value.Value;
        }
    }

    public void Keep(string key, T value)
    {
        lock (gate)
        {
            if (known.Remove(key, out var old))
            {
                byUse.Remove(old);
            }

            known[key] = byUse.AddFirst((key, value));
            if (byUse.Count > most)
            {
                known.Remove(byUse.Last!.Value.Key);
                byUse.RemoveLast();
            }
        }
    }
}
