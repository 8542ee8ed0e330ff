using PciDash.Scenarios.Import;
using Xunit.Abstractions;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>What mail clients, terminals and web forms do to a text does not change what is read from it.</summary>
public class AsPasted(ITestOutputHelper output)
{
    public static TheoryData<string> Texts => [.. Board.Details];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Quoting_line_ends_and_lost_indentation_change_nothing(string name)
    {
        var text = Board.Text(name);
        var plain = Facts.Of(text);
        Assert.Equal(7, plain.Count);
        Assert.Equal(plain, Facts.Of(Each(text, l => "> " + l)));
        Assert.Equal(plain, Facts.Of(Each(text, l => ">>> " + l)));
        Assert.Equal(plain, Facts.Of(Each(text, l => "    " + l)));
        Assert.Equal(plain, Facts.Of(text.Replace("\n", "\r\n", StringComparison.Ordinal)));
        Assert.Equal(plain, Facts.Of(text.Replace("\n", "\r", StringComparison.Ordinal)));
        Assert.Equal(plain, Facts.Of(Each(text, l => l.Replace("\t", "        ", StringComparison.Ordinal) + "   ")));
        Assert.Equal(plain, Facts.Of(Each(text, l => l.TrimStart())));
        Assert.Equal(plain, Facts.Of("\ufeff" + text.Replace(' ', '\u00a0')));
        Assert.Equal(plain, Facts.Of(Each(text, l => "\u001b[01;31m" + l + "\u001b[m")));
    }

    [Theory]
    [InlineData(66)]
    [InlineData(72)]
    [InlineData(76)]
    [InlineData(79)]
    public void Lines_that_a_mail_client_wrapped_are_put_together(int column)
    {
        foreach (var name in Board.Details)
        {
            var text = Board.Text(name);
            var wrapped = Facts.Wrapped(text, column);
            Assert.NotEqual(text, wrapped);
            Assert.Equal(Facts.Of(text), Facts.Of(wrapped));
            Assert.Equal(Facts.Of(text), Facts.Of(Each(wrapped, l => "> " + l)));
        }
    }

    [Fact]
    public void Texts_that_people_posted_say_the_same_when_they_are_wrapped()
    {
        var (files, functions) = (0, 0);
        foreach (var file in Corpus.Files("lspci/vvv"))
        {
            var text = File.ReadAllText(file);
            if (text.Contains("<tabort", StringComparison.Ordinal))
            {
                continue; // broken HTML: its lines are pages long
            }

            var plain = Facts.Of(text);
            Assert.Equal(plain, Facts.Of(Facts.Wrapped(text, 76)));
            files++;
            functions += plain.Count;
        }

        output.WriteLine(Corpus.IsThere ? $"{files} texts, {functions} functions" : Corpus.Absent);
    }

    private static string Each(string text, Func<string, string> change) => string.Join('\n', text.Split('\n').Select(l => l.Length == 0 ? l : change(l)));
}
