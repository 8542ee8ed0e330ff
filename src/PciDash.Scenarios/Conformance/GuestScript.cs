using System.Text.RegularExpressions;

namespace PciDash.Scenarios.Conformance;

/// <summary>One command of a guest's script, its loops unrolled.</summary>
/// <param name="Words">The command and its arguments, unquoted.</param>
/// <param name="Target">The file that its output goes to, or empty.</param>
internal sealed record GuestCommand(IReadOnlyList<string> Words, string Target)
{
    public string Name => Words[0];

    public string Argument(int i) => i + 1 < Words.Count ? Words[i + 1] : "";
}

/// <summary>
/// Reads the small shell scripts that the recorded guests ran: commands, <c>for</c> over words, <c>if</c> whose outcome the log tells,
/// pipes (of which only the first command counts). Nothing is executed.
/// </summary>
internal static partial class GuestScript
{
    /// <summary>The commands in order. A branch counts as taken if the message it begins with is in the log.</summary>
    public static List<GuestCommand> Read(string text, IReadOnlyList<string> log)
    {
        var tokens = Tokens(text);
        var at = 0;
        var commands = new List<GuestCommand>();
        Block(tokens, ref at, commands, [], log, true);
        return commands;
    }

    private static void Block(List<string> tokens, ref int at, List<GuestCommand> into, Dictionary<string, string> variables, IReadOnlyList<string> log, bool runs)
    {
        while (at < tokens.Count)
        {
            switch (tokens[at])
            {
                case "\n" or ";" or "&" or "(" or ")":
                    at++;
                    continue;
                case "done" or "fi":
                    at++;
                    return;
                case "for":
                    Loop(tokens, ref at, into, variables, log, runs);
                    continue;
                case "if":
                    Branch(tokens, ref at, into, variables, log, runs);
                    continue;
            }

            var words = new List<string>();
            var target = "";
            while (at < tokens.Count && tokens[at] is not ("\n" or ";" or "&" or "(" or ")" or "|"))
            {
                if (tokens[at] == ">" && at + 1 < tokens.Count)
                {
                    target = Expand(tokens[at + 1], variables);
                    at++;
                }
                else
                {
                    words.Add(Expand(tokens[at], variables));
                }

                at++;
            }

            SkipPipe(tokens, ref at);
            if (runs && words.Count > 0)
            {
                into.Add(new GuestCommand(words, target));
            }
        }
    }

    // What reads from a pipe only reports.
    private static void SkipPipe(List<string> tokens, ref int at)
    {
        if (at >= tokens.Count || tokens[at] != "|")
        {
            return;
        }

        var depth = 0;
        while (at < tokens.Count && !(depth == 0 && tokens[at] is "\n" or ";" or ")" && depth == 0))
        {
            depth += tokens[at] switch { "while" => 1, "done" => -1, _ => 0 };
            at++;
        }
    }

    private static void Loop(List<string> tokens, ref int at, List<GuestCommand> into, Dictionary<string, string> variables, IReadOnlyList<string> log, bool runs)
    {
        var name = tokens[at + 1];
        at += 3;
        var values = new List<string>();
        while (at < tokens.Count && tokens[at] is not (";" or "\n"))
        {
            values.Add(Expand(tokens[at++], variables));
        }

        while (at < tokens.Count && tokens[at] != "do")
        {
            at++;
        }

        var body = ++at;
        foreach (var value in values.DefaultIfEmpty(""))
        {
            at = body;
            Block(tokens, ref at, into, new Dictionary<string, string>(variables) { [name] = value }, log, runs && values.Count > 0);
        }
    }

    private static void Branch(List<string> tokens, ref int at, List<GuestCommand> into, Dictionary<string, string> variables, IReadOnlyList<string> log, bool runs)
    {
        while (at < tokens.Count && tokens[at] != "then")
        {
            at++;
        }

        at++;
        var body = new List<GuestCommand>();
        Block(tokens, ref at, body, variables, log, true);
        var said = body.Find(c => c.Name == "msg")?.Argument(0);
        if (runs && (said is null || log.Any(l => l.Contains(said, StringComparison.Ordinal))))
        {
            into.AddRange(body);
        }
    }

    private static string Expand(string word, Dictionary<string, string> variables) =>
        variables.Count == 0 ? word : Variable().Replace(word, m => variables.GetValueOrDefault(m.Groups[1].Value, m.Value));

    private static List<string> Tokens(string text)
    {
        var tokens = new List<string>();
        foreach (Match m in Token().Matches(text))
        {
            if (m.Groups[1].Success)
            {
                continue;
            }

            tokens.Add(m.Groups[2].Success ? Quote().Replace(m.Value, q => q.Value[1..^1]) : m.Value);
        }

        return tokens;
    }

    [GeneratedRegex(@"(#[^\n]*|[ \t\r]+|2>&1|2>/dev/null|\d?>/dev/null)|((?:""[^""]*""|'[^']*'|[^\s;|&()<>""'#])+)|[\n;|&()<>]|.", RegexOptions.Singleline)]
    private static partial Regex Token();

    [GeneratedRegex(@"""[^""]*""|'[^']*'")]
    private static partial Regex Quote();

    [GeneratedRegex(@"\$\{?(\w+)\}?")]
    private static partial Regex Variable();
}
