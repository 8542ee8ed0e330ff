namespace PciDash.Scenarios.Debate;

/// <summary>For which members of a family a claim holds, in as few words as the table allows.</summary>
internal static class Conditions
{
    public static string Of(IReadOnlyList<MemberResult> members)
    {
        var said = members.Where(m => m.Standing != MemberStanding.NotApplicable).ToList();
        bool IsTrue(MemberResult m) => m.Standing == MemberStanding.True;
        if (!said.Exists(IsTrue))
        {
            return "a window lasts longer than it was measured to";
        }

        var columns = said.GroupBy(m => m.Member.Column).ToList();
        var rows = said.GroupBy(m => m.Member.Row).ToList();
        if (columns.Count > 1 && columns.TrueForAll(c => c.All(IsTrue) || !c.Any(IsTrue)))
        {
            return Listed(columns.Where(c => c.All(IsTrue)).Select(c => c.Key));
        }

        if (rows.Count > 1 && rows.TrueForAll(r => r.All(IsTrue) || !r.Any(IsTrue)))
        {
            return Listed(rows.Where(r => r.All(IsTrue)).Select(r => r.Key));
        }

        // By rows, those with the same columns together.
        var parts = rows.Select(r => (Row: r.Key, Columns: Listed(r.Where(IsTrue).Select(m => m.Member.Column)), All: r.All(IsTrue)))
            .Where(p => p.Columns.Length > 0).GroupBy(p => p.All ? "" : p.Columns).Select(g => g.Key.Length == 0 ? Listed(g.Select(p => p.Row)) : $"{Listed(g.Select(p => p.Row))}: {g.Key}");
        return string.Join("; ", parts);
    }

    private static string Listed(IEnumerable<string> items)
    {
        var all = items.ToList();
        return all.Count <= 1 ? string.Concat(all) : $"{string.Join(", ", all.Take(all.Count - 1))} and {all[^1]}";
    }
}
