namespace PciDash.Scenarios.Import;

/// <summary>An irq that nobody cared for, as the log has it.</summary>
internal sealed record NobodyCared(int Irq, int Line, List<string> Handlers);

/// <summary>Reads what a kernel says of itself: uname, /proc/cmdline, and the log with "nobody cared".</summary>
internal sealed class KernelReader
{
    private const int MostTraceLines = 120;
    private const int MostUnhandled = 64;

    private NobodyCared? trace;
    private bool inHandlers;
    private int traceEnd;
    private bool versionFollows;
    private string expected = "";

    /// <summary>The release, such as 4.1.6 or 6.1.0-18-amd64; null if nothing says it.</summary>
    public Fact<string>? Release { get; private set; }

    /// <summary>The command line; null if nothing says it.</summary>
    public Fact<string>? CommandLine { get; private set; }

    public List<NobodyCared> Unhandled { get; } = [];

    /// <summary>True if a line can be nothing but a kernel's, or a prompt.</summary>
    public static bool Begins(ReadOnlySpan<char> line) =>
        line.StartsWith("BOOT_IMAGE=") || line.StartsWith("Linux ") || line.Contains(": nobody cared", StringComparison.Ordinal)
        || IsStamped(line) || Command(line).Length > 0;

    /// <summary>Takes a shell prompt with a command: what follows is its output.</summary>
    public bool TakePrompt(ReadOnlySpan<char> line)
    {
        var command = Command(line);
        expected = command.StartsWith("uname") ? "uname" : command.StartsWith("cat /proc/cmdline") ? "cmdline" : "";
        return command.Length > 0;
    }

    // "user@host:~$ sudo lspci -vvv", "# uname -r", or the command alone on a short line.
    private static ReadOnlySpan<char> Command(ReadOnlySpan<char> line)
    {
        var text = line.Trim();
        var prompt = text[..Math.Min(text.Length, 60)].IndexOfAny('$', '#', '%');
        var command = text[(prompt + 1)..].TrimStart();
        command = command.StartsWith("sudo ") ? command[5..].TrimStart() : command;
        foreach (var known in (ReadOnlySpan<string>)["lspci", "cat /proc/", "uname -", "dmesg", "cat /sys/", "grep ", "journalctl"])
        {
            if (command.StartsWith(known) && (prompt >= 0 || text.Length < 40))
            {
                return command;
            }
        }

        return [];
    }

    /// <summary>Takes a line of the log, or one that names a release or a command line.</summary>
    public bool Take(ReadOnlySpan<char> line, int number)
    {
        var text = line.Trim();
        var wanted = expected;
        expected = "";
        if (wanted == "cmdline" || text.StartsWith("BOOT_IMAGE="))
        {
            CommandLine ??= new Fact<string>(text.ToString(), FactSource.Kernel, number);
            return true;
        }

        if (TryAfter(text, "ommand line: ", out var options) && (options.Contains('=') || text.StartsWith("Kernel")))
        {
            CommandLine ??= new Fact<string>(options.ToString(), FactSource.Kernel, number);
            return true;
        }

        if (wanted == "uname" || text.StartsWith("Linux "))
        {
            return Uname(text, number);
        }

        if (TryAfter(text, "Linux version ", out var version))
        {
            SetRelease(version, number);
            return true;
        }

        if (IsBareRelease(text))
        {
            SetRelease(text, number);
            return true;
        }

        return Log(text, number);
    }

    private bool Uname(ReadOnlySpan<char> text, int number)
    {
        foreach (var range in text.Split(' '))
        {
            var from = text[range].StartsWith("Tainted:") ? range.Start.Value + 8 : range.Start.Value;
            if (IsRelease(text[from..range.End.Value]))
            {
                SetRelease(text[from..], number);
                return true;
            }
        }

        return false;
    }

    private bool Log(ReadOnlySpan<char> text, int number)
    {
        var at = text.IndexOf(": nobody cared", StringComparison.Ordinal);
        if (at > 0 && text[..at].LastIndexOf("irq ", StringComparison.OrdinalIgnoreCase) is >= 0 and var irq
            && LspciWords.TryDigits(text[(irq + 4)..at], out var value, out var length) && irq + 4 + length == at)
        {
            trace = new NobodyCared(value, number, []);
            if (Unhandled.Count < MostUnhandled)
            {
                Unhandled.Add(trace);
            }

            (inHandlers, traceEnd, versionFollows) = (false, number + MostTraceLines, false);
            return true;
        }

        var stamped = IsStamped(text);
        if (trace is null || number > traceEnd)
        {
            return stamped;
        }

        if (text.Contains("Disabling IRQ", StringComparison.Ordinal))
        {
            trace = null;
        }
        else if (text.EndsWith("handlers:"))
        {
            inHandlers = true;
        }
        else if (inHandlers)
        {
            Handler(Unstamped(text));
        }
        else if (versionFollows || text.Contains("ainted", StringComparison.Ordinal))
        {
            // The release is in the line of the CPU, after the taint flags; or it was wrapped into the next.
            versionFollows = !Uname(Unstamped(text), number) && !versionFollows;
        }

        return true;
    }

    // "[<ffffffffa002db60>] usb_hcd_irq [usbcore]", "(usb_hcd_irq+0x0/0x78)", "irq_default_primary_handler threaded [<…>] acpi_irq"
    private void Handler(ReadOnlySpan<char> text)
    {
        var symbol = "";
        foreach (var range in text.Split(' '))
        {
            var word = text[range].TrimStart('(');
            if (word.IsEmpty || word[0] is '[' or '<' or '|')
            {
                continue;
            }

            if (word is "threaded")
            {
                symbol = symbol is "irq_default_primary_handler" ? "" : symbol;
                continue;
            }

            if (symbol.Length > 0)
            {
                break;
            }

            var end = word.IndexOfAny('+', ')');
            symbol = (end >= 0 ? word[..end] : word).ToString();
        }

        if (symbol.Length > 0 && trace!.Handlers.Count < 64)
        {
            trace.Handlers.Add(symbol);
        }
    }

    // Debian's release names the interface; the version proper follows in words: "… Debian 6.1.76-1".
    private void SetRelease(ReadOnlySpan<char> text, int number)
    {
        var end = text.IndexOf(' ') is > 0 and var space ? space : text.Length;
        var release = text[..end];
        if (TryAfter(text, "Debian ", out var proper) && IsRelease(proper))
        {
            release = proper[..(proper.IndexOfAny(' ', ')') is > 0 and var stop ? stop : proper.Length)];
        }

        if (IsRelease(release))
        {
            Release ??= new Fact<string>(release.ToString(), FactSource.Kernel, number);
        }
    }

    // "4.1.6", "6.16.0-rc2+", "2.6.24-19-generic": two numbers at least, each followed by a full stop but the last.
    private static bool IsRelease(ReadOnlySpan<char> text) =>
        LspciWords.TryDigits(text, out var major, out var length) && major is >= 2 and < 20 && length < text.Length - 1 && text[length] == '.'
            && LspciWords.TryDigits(text[(length + 1)..], out _, out _);

    // A line with nothing but "6.1.0-18-amd64" is what uname -r prints. "1.5" could be anything.
    private static bool IsBareRelease(ReadOnlySpan<char> text) =>
        text.Length is >= 5 and < 64 && char.IsAsciiDigit(text[0]) && !text.Contains(' ') && !text.Contains(':') && (text.Count('.') == 2 || text.Contains('-')) && IsRelease(text);

    private static bool TryAfter(ReadOnlySpan<char> text, string word, out ReadOnlySpan<char> rest)
    {
        var at = text.IndexOf(word, StringComparison.Ordinal);
        rest = at < 0 ? default : text[(at + word.Length)..].TrimStart();
        return at >= 0;
    }

    // "[   49.279001] …", "<4>[ 1.0] …", "kern  :err   : [ 17.98] …", "Jun 29 18:28:50 host kernel: …"
    private static bool IsStamped(ReadOnlySpan<char> text) => Unstamped(text).Length < text.Length;

    private static ReadOnlySpan<char> Unstamped(ReadOnlySpan<char> text)
    {
        if (text.IndexOf(" kernel: ", StringComparison.Ordinal) is > 0 and var syslog)
        {
            text = text[(syslog + 9)..];
        }

        var open = text[..Math.Min(text.Length, 24)].IndexOf('[');
        if (open < 0 || (open > 0 && text[0] is not ('<' or 'k' or '|')))
        {
            return text;
        }

        var inside = text[(open + 1)..].TrimStart();
        if (!LspciWords.TryDigits(inside, out _, out var length) || length >= inside.Length || inside[length] != '.' || inside.IndexOf(']') is not (> 0 and var close))
        {
            return text;
        }

        var rest = inside[(close + 1)..];
        if (rest.StartsWith("[ ") && rest.IndexOf(']') is > 0 and var caller)
        {
            rest = rest[(caller + 1)..];
        }

        return rest.TrimStart();
    }
}
