using System.Text.Json;

namespace PciDash.EndToEnd;

/// <summary>js/store.js in a real browser: what it keeps outlives the page, and what goes wrong is an answer.</summary>
[Collection(KeptInBrowser.Name)]
public sealed class StoreTests(BrowserFixture browser, AppFixture app)
{
    // As the page hands content over and takes it back.
    private const string Helpers = """
        const store = await import("/js/store.js");
        const text = words => new TextEncoder().encode(words);
        DotNet.createJSStreamReference = bytes => bytes;
        """;

    private static async Task<JsonElement> RunAsync(Visit visit, string script) =>
        JsonDocument.Parse(await visit.Page.EvaluateAsync<string>($"async () => {{ {Helpers} const run = async () => {{ {script} }}; return JSON.stringify(await run() ?? null); }}")).RootElement;

    [Fact]
    public async Task What_is_kept_is_there_in_another_tab_whole_whatever_its_size()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/debate");
        var kept = await RunAsync(visit, """
            const large = new Uint8Array(5 << 20).map((_, i) => i * 31 ^ i >> 8);
            store.part(7, large.slice(0, 1000));
            store.part(8, text("of another"));
            store.part(7, large.slice(1000, 70000));
            const answers = [await store.put("library", "large", "five megabytes", large.slice(70000), 0, "", 7), await store.put("library", "small", "a word", text("word"), 0, "")];
            await store.note("library", "small", "renamed");
            await store.note("library", "none", "nothing comes of this");
            return answers;
            """);
        Assert.Equal("[{},{}]", kept.GetRawText());

        await using var other = await visit.AnotherTabAsync("/debate");
        var found = await RunAsync(other, """
            const { entry, content } = await store.get("library", "large");
            const { content: listed } = await store.list("library");
            const names = JSON.parse(new TextDecoder().decode(listed)).map(e => `${e.key}: ${e.note}, ${e.bytes}`).sort();
            const same = content.every((b, i) => b === ((i * 31 ^ i >> 8) & 255));
            await store.remove("library", "large");
            return { note: entry.note, bytes: content.length, same, names, gone: await store.get("library", "large"), elsewhere: await store.get("drafts", "small") };
            """);
        Assert.Equal("five megabytes", found.GetProperty("note").GetString());
        Assert.Equal(5 << 20, found.GetProperty("bytes").GetInt32());
        Assert.True(found.GetProperty("same").GetBoolean());
        Assert.Equal(["large: five megabytes, 5242880", "small: renamed, 4"], found.GetProperty("names").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal("{}", found.GetProperty("gone").GetRawText());
        Assert.Equal("{}", found.GetProperty("elsewhere").GetRawText());
        other.AssertClean();
        visit.AssertClean();
    }

    [Fact]
    public async Task Only_the_newest_of_a_kind_stay_if_that_is_asked()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/debate");
        var left = await RunAsync(visit, """
            await store.put("recent", "other", "", text("x"), 0, "");
            for (let i = 0; i < 6; i++) {
              await store.put("recent", "run/" + i, "", text("x"), 3, "run/");
              await new Promise(done => setTimeout(done, 3));
            }
            const { content } = await store.list("recent");
            return JSON.parse(new TextDecoder().decode(content)).map(e => e.key);
            """);
        Assert.Equal(["run/5", "run/4", "run/3", "other"], left.EnumerateArray().Select(n => n.GetString()));
    }

    [Fact]
    public async Task A_full_browser_and_one_that_keeps_nothing_say_so_and_lose_nothing()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/debate");
        await RunAsync(visit, """await store.put("library", "old", "", text("what was there"), 0, "");""");
        var full = await RunAsync(visit, """
            const put = IDBObjectStore.prototype.put;
            IDBObjectStore.prototype.put = function (value, key) {
              if (value.length > 1 << 20) {
                throw new DOMException("no room", "QuotaExceededError");
              }
              return put.call(this, value, key);
            };
            const answer = await store.put("library", "old", "renamed", new Uint8Array(4 << 20), 0, "");
            const { entry, content } = await store.get("library", "old");
            return { problem: answer.problem, note: entry.note, still: new TextDecoder().decode(content) };
            """);
        Assert.Contains("storage is full", full.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Equal("", full.GetProperty("note").GetString());
        Assert.Equal("what was there", full.GetProperty("still").GetString());

        await using var blocked = await visit.AnotherTabAsync("/glossary");
        var problems = await RunAsync(blocked, """
            indexedDB.open = () => { throw new DOMException("blocked by the user", "SecurityError"); };
            Object.defineProperty(IDBFactory.prototype, "open", { value: indexedDB.open });
            return [await store.put("drafts", "a", "", text("x"), 0, ""), await store.get("drafts", "a"), await store.list("drafts"), await store.remove("drafts", "a")].map(a => a.problem);
            """);
        Assert.All(problems.EnumerateArray(), p => Assert.Contains("keeps nothing here: blocked by the user", p.GetString(), StringComparison.Ordinal));
        blocked.AssertClean();
        visit.AssertClean();
    }
}
