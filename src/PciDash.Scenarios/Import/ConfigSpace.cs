namespace PciDash.Scenarios.Import;

/// <summary>The bytes of a function's configuration space as far as they were given: 64, 256 or 4,096, with holes if lines are missing.</summary>
internal sealed class ConfigSpace
{
    /// <summary>Bytes of the extended space.</summary>
    public const int Size = 4_096;

    private byte[] bytes = new byte[256];
    private ulong[] known = new ulong[4];

    /// <summary>Line of the first byte; 0 for a file of its own.</summary>
    public int Line { get; init; }

    /// <summary>Takes bytes at an offset.</summary>
    /// <returns>False if other bytes were given for the same place; the first are kept.</returns>
    public bool Put(int offset, ReadOnlySpan<byte> given)
    {
        if (offset + given.Length > bytes.Length)
        {
            Array.Resize(ref bytes, Size);
            Array.Resize(ref known, Size / 64);
        }

        var same = true;
        for (var i = 0; i < given.Length; i++)
        {
            var at = offset + i;
            if (Has(at))
            {
                same &= bytes[at] == given[i];
                continue;
            }

            bytes[at] = given[i];
            known[at >> 6] |= 1UL << (at & 63);
        }

        return same;
    }

    /// <summary>True if that many bytes from there on were given.</summary>
    public bool Has(int offset, int count = 1)
    {
        for (var at = offset; at < offset + count; at++)
        {
            if (at >= bytes.Length || (known[at >> 6] & (1UL << (at & 63))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    public int Byte(int offset) => bytes[offset];

    public int Word(int offset) => bytes[offset] | (bytes[offset + 1] << 8);

    public uint Long(int offset) => (uint)Word(offset) | ((uint)Word(offset + 2) << 16);
}
