using BenchmarkDotNet.Running;
using PciDash.Benchmarks;

// --table: every number of the project with its goal and its peer, in one process; names after it choose groups. --fingerprints: what the engine computes, to compare two
// builds. --spin: the search over all orderings beside SPIN; compare or time after it chooses
// one part, names of machines some of them. Anything else goes to BenchmarkDotNet.
if (args is ["--table", ..])
{
    NumbersTable.Print(Console.Out, args[1..]);
}
else if (args is ["--fingerprints", ..])
{
    Fingerprints.Print(Console.Out);
}
else if (args is ["--spin", ..])
{
    return SpinTable.Print(Console.Out, Console.Error, args[1..]);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(NumbersTable).Assembly).Run(args);
}

return 0;
