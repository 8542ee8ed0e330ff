using BenchmarkDotNet.Running;
using PciDash.Benchmarks;
using PciDash.Benchmarks.Pages;

// --table: every number of the project with its goal and its peer, in one process; names after it choose groups. --page: the same for
// the dashboard, its network and a real browser. --opens: how many links a dashboard opens in a minute. --fingerprints: what the engine
// computes, to compare two builds. --spin: the search over all orderings beside SPIN; compare or time after it chooses one part, names
// of machines some of them. Anything else goes to BenchmarkDotNet.
if (args is ["--table", ..])
{
    NumbersTable.Print(Console.Out, args[1..]);
}
else if (args is ["--page", ..])
{
    await PagesTable.PrintAsync(Console.Out, args[1..]);
}
else if (args is ["--fingerprints", ..])
{
    Fingerprints.Print(Console.Out);
}
else if (args is ["--spin", ..])
{
    return SpinTable.Print(Console.Out, Console.Error, args[1..]);
}
else if (args is ["--opens"])
{
    return LinkOpens.Print(Console.Out, Console.Error);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(NumbersTable).Assembly).Run(args);
}

return 0;
