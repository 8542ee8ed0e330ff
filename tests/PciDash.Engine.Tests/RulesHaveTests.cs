using System.Reflection;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace PciDash.Engine.Tests;

/// <summary>
/// Each numbered rule of the model's specification (domain.md) has a test, which names it: <c>[Trait("Rule", "5.6")]</c>. A rule is a numbered
/// section, the last level of it, or a numbered item of one: 2.1.3 is item 3 of section 2.1.
/// </summary>
public partial class RulesHaveTests(ITestOutputHelper output)
{
    private static readonly string[] Rules =
    [
        "1.1", "1.2", "1.3", "1.4", "1.4.1", "1.4.2", "1.4.3", "1.4.4", "1.4.5", "1.4.6",
        "2.1", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.1.5", "2.1.6", "2.2", "2.2.1", "2.2.2", "2.2.3", "2.2.4", "2.2.5", "2.3", "2.4", "2.5", "2.6",
        "3.1", "3.2", "3.3", "3.4", "3.5",
        "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8",
        "5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8", "5.9", "5.10", "5.11", "5.12", "5.13", "5.14",
        "6.1", "6.2", "6.3", "6.4",
        "7", "10", "12",
    ];

    // Sections that say nothing of what an interrupt does.
    private static readonly Dictionary<string, string> NoRules = new()
    {
        ["1.5"] = "proposals that were not merged", ["8"] = "bugs, each a scenario with a test of its own", ["9"] = "other mails", ["11"] = "what is not verified",
    };

    [Fact]
    public void Every_rule_has_a_test()
    {
        var named = Named().Select(n => n.Rule).ToHashSet();
        Assert.Equal("", string.Join(", ", Rules.Where(r => !named.Contains(r))));
    }

    [Fact]
    public void Every_rule_that_a_test_names_is_there_and_what_names_it_is_a_test()
    {
        Assert.Equal("", string.Join(", ", Named().Where(n => !Rules.Contains(n.Rule) || n.Test.GetCustomAttribute<FactAttribute>() is null).Select(n => $"{n.Test.Name}: {n.Rule}")));
    }

    [Fact]
    public void The_list_is_that_of_the_specification()
    {
        var file = Beside(Path.Combine("shared", "domain.md"));
        if (file is null)
        {
            output.WriteLine("not compared: domain.md is not here");
            return;
        }

        Assert.Equal(Rules.Concat(NoRules.Keys).Order(StringComparer.Ordinal), Numbered(File.ReadLines(file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Sections_and_their_items_are_numbered_so()
    {
        Assert.Equal(["1.1", "1.1.1", "1.1.2", "2.1", "3"], Numbered(["## 1. A", "### 1.1 B", "1. one", "text 7. not", "2. two", "## 2. C", "1. one", "## 3. D", "| 1 | row |"]));
    }

    private static IEnumerable<(MethodInfo Test, string Rule)> Named() =>
        from type in typeof(RulesHaveTests).Assembly.GetTypes()
        from method in type.GetMethods()
        from trait in method.GetCustomAttributesData()
        where trait.AttributeType == typeof(TraitAttribute) && (string?)trait.ConstructorArguments[0].Value == "Rule"
        select (method, (string)trait.ConstructorArguments[1].Value!);

    // A section that is divided further, or is a list only, is no rule itself.
    private static List<string> Numbered(IEnumerable<string> lines)
    {
        var (rules, sections, divided) = (new List<string>(), new HashSet<string>(), new HashSet<string>());
        var at = "";
        foreach (var line in lines)
        {
            if (Heading().Match(line) is { Success: true } heading)
            {
                at = heading.Groups[1].Value;
                rules.Add(at);
                if (at.Contains('.', StringComparison.Ordinal))
                {
                    divided.Add(at[..at.IndexOf('.', StringComparison.Ordinal)]);
                }
                else
                {
                    sections.Add(at);
                }
            }
            else if (Item().Match(line) is { Success: true } item)
            {
                rules.Add($"{at}.{item.Groups[1].Value}");
                divided.UnionWith(sections.Where(s => s == at));
            }
        }

        return [.. rules.Where(r => !divided.Contains(r))];
    }

    private static string? Beside(string path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, path)))
            {
                return Path.Combine(at.FullName, path);
            }
        }

        return null;
    }

    [GeneratedRegex(@"^#{2,3} (\d+(?:\.\d+)?)\.? ")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^(\d{1,2})\. ")]
    private static partial Regex Item();
}
