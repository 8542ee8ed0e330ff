using BenchmarkDotNet.Running;
using PciDash.Benchmarks;

// --table: every number of the project with its goal and its peer, in one process; names after it choose groups. --fingerprints: what the engine computes, to compare two
// builds. Anything else goes to BenchmarkDotNet.
if (args is ["--table", ..])
{
    NumbersTable.Print(Console.Out, args[1..]);
}
else if (args is ["--fingerprints", ..])
{
    Fingerprints.Print(Console.Out);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(NumbersTable).Assembly).Run(args);
}
