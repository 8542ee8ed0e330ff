using System.Security.Cryptography;
using System.Text;

namespace PciDash.Web.Sharing;

/// <summary>A name made from content: 80 bits of its SHA-256 in sixteen letters and digits that cannot be mistaken for each other.</summary>
internal static class ShortId
{
    /// <summary>Where a short id is used in place of a link's payload, this stands before it: no version of links begins so.</summary>
    public const string Mark = "i-";

    public const int Length = 16;

    // Crockford's base 32: no i, l, o, u.
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Of(string canonical)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(canonical));
        return string.Create(Length, hash, static (id, bytes) =>
        {
            for (var i = 0; i < id.Length; i++)
            {
                var bit = i * 5;
                var pair = (bytes[bit / 8] << 8) | bytes[(bit / 8) + 1];
                id[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
            }
        });
    }

    public static bool IsOne(string text) => text.Length == Length && text.All(c => Alphabet.Contains(c, StringComparison.Ordinal));
}
