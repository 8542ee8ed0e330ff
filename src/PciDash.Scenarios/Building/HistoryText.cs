using System.Text.Json;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>
/// A history as text and back. The state now is written in full, every other one as what differs from its neighbour: an edit of a large
/// machine is a few characters.
/// </summary>
/// <typeparam name="T">What is edited.</typeparam>
/// <param name="write">A state as text.</param>
/// <param name="read">The state of a text; null or an exception of <see cref="ScenarioException"/> if it is none.</param>
public sealed class HistoryText<T>(Func<T, string> write, Func<string, T?> read)
    where T : class
{
    /// <summary>Most states that are written before and after the one now.</summary>
    public const int MostSteps = 200;

    /// <summary>Most characters of all states, each counted in full: what is read back shares nothing with its neighbours.</summary>
    public const int MostCharacters = 8_000_000;

    private const int Version = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    };

    // What was written last: the next time most of it is the same.
    private Dictionary<T, Known> past = new(ReferenceEqualityComparer.Instance);
    private Dictionary<T, Known> future = new(ReferenceEqualityComparer.Instance);

    /// <summary>The text of a history; of a long one only the steps nearest to now.</summary>
    public string Write(EditHistory<T> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var now = write(history.Now);
        var room = MostCharacters - now.Length;
        return JsonSerializer.Serialize(new Written(Version, now, Changes(history.Now, now, history.Past, ref past, ref room), Changes(history.Now, now, history.Future, ref future, ref room)), Json);
    }

    /// <summary>The history of a text; null if it is none, or of a later version.</summary>
    public EditHistory<T>? Read(string text)
    {
        try
        {
            if (JsonSerializer.Deserialize<Written>(text, Json) is not { Version: Version } written)
            {
                return null;
            }

            var room = MostCharacters - written.Now.Length;
            var past = Steps(written.Now, written.Past, ref room);
            past.Reverse();
            return new EditHistory<T>(State(written.Now), past, Steps(written.Now, written.Future, ref room));
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or ScenarioException)
        {
            return null;
        }
    }

    private List<Change> Changes(T from, string text, IEnumerable<EditStep<T>> steps, ref Dictionary<T, Known> known, ref int room)
    {
        var changes = new List<Change>();
        var seen = new Dictionary<T, Known>(ReferenceEqualityComparer.Instance);
        string? knownText = text;
        foreach (var step in steps.Take(MostSteps))
        {
            if (known.TryGetValue(step.State, out var before) && ReferenceEquals(before.From, from))
            {
                knownText = null;
            }
            else
            {
                var to = write(step.State);
                before = new(from, Change.Between(knownText ?? write(from), to, step.Words), to.Length);
                knownText = to;
            }

            if ((room -= before.Length) < 0)
            {
                break;
            }

            seen[step.State] = before;
            changes.Add(before.Change);
            from = step.State;
        }

        known = seen;
        return changes;
    }

    private List<EditStep<T>> Steps(string from, IReadOnlyList<Change> changes, ref int room)
    {
        var steps = new List<EditStep<T>>();
        foreach (var change in changes.Take(MostSteps))
        {
            from = (change ?? throw new FormatException("a change is missing")).Of(from);
            if ((room -= from.Length) < 0)
            {
                break;
            }

            steps.Add(new(State(from), change.Words));
        }

        return steps;
    }

    private T State(string text) => read(text) ?? throw new FormatException("no state of this kind");

    private sealed record Known(T From, Change Change, int Length);

    private sealed record Written(int Version, string Now, IReadOnlyList<Change> Past, IReadOnlyList<Change> Future);

    /// <summary>A text as another one with its middle exchanged.</summary>
    private sealed record Change(int Start, int End, string Middle, string Words)
    {
        public static Change Between(string from, string to, string words)
        {
            var start = from.AsSpan().CommonPrefixLength(to);
            var most = Math.Min(from.Length, to.Length) - start;
            var end = 0;
            while (end < most && from[^(end + 1)] == to[^(end + 1)])
            {
                end++;
            }

            // Half a character is no text.
            start -= start > 0 && char.IsHighSurrogate(to[start - 1]) ? 1 : 0;
            end -= end > 0 && char.IsLowSurrogate(to[^end]) ? 1 : 0;
            return new(start, end, to[start..^end], words);
        }

        public string Of(string from) => string.Concat(from.AsSpan(0, Start), Middle, from.AsSpan(from.Length - End));
    }
}
