using PciDash.Web.Hosting;

namespace PciDash.Web.Tests;

public class RedactedConsoleTests
{
    [Theory]
    [InlineData("GET http://host/s/1AbC-_d HTTP/1.1", "GET http://host/s/… HTTP/1.1")]
    [InlineData("Navigation failed when changing the location to 'http://host/s/1AbC?x=1#y'", "Navigation failed when changing the location to 'http://host/s/…'")]
    [InlineData("back to /login?return=%2Fs%2F1AbC", "back to /login?return=%2Fs%2F…")]
    [InlineData("GET http://host/api/picture/1AbC-_d?format=png HTTP/1.1", "GET http://host/api/picture/… HTTP/1.1")]
    [InlineData("GET http://host/i/abcdef HTTP/1.1", "GET http://host/i/… HTTP/1.1")]
    [InlineData("GET http://host/audit/s/1AbC", "GET http://host/audit/s/…")]
    [InlineData("GET http://host/lab", "GET http://host/lab")]
    public void Share_links_are_cut_out_of_a_line(string line, string logged) => Assert.Equal(logged, RedactedConsole.Redact(line));
}
