package moka.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import moka.gguf.GgufFile;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Templates that want to loop, grow or reach out without end: in a Java of 64 MB each must end in one line. */
class HostileTemplatesTest {
    /** Of the shared data: these may also give some short text. */
    private static final Set<String> MAY_RENDER = Set.of(
            "class-walk", "globals-walk", "format-walk", "attr-filter", "subscript-walk", "lipsum", "truncated-surrogate");

    @TempDir
    Path folder;

    @Test
    void endsTheHostileTemplatesOfTheSharedDataIn64Megabytes() throws Exception {
        var templates = new LinkedHashMap<String, String>();
        for (JsonObject line : SharedData.objects(SharedData.require("own/jinja-features/hostile.jsonl"))) {
            templates.put(line.get("name").getAsString(), line.get("template").getAsString());
        }
        assertAllEnd("shared", templates, MAY_RENDER);
    }

    @Test
    void endsOurOwnHostileTemplatesIn64Megabytes() throws Exception {
        var templates = new LinkedHashMap<String, String>();
        var harmless = new TreeSet<String>();
        try (var lines = new BufferedReader(new InputStreamReader(
                HostileTemplatesTest.class.getResourceAsStream("hostile.jsonl"), StandardCharsets.UTF_8))) {
            for (String text : lines.lines().toList()) {
                JsonObject line = JsonParser.parseString(text).getAsJsonObject();
                templates.put(line.get("name").getAsString(), template(line));
                if (line.has("harmless")) {
                    harmless.add(line.get("name").getAsString());
                }
            }
        }
        assertAllEnd("own", templates, harmless);
    }

    /** The template of a line: its parts, each repeated. */
    private static String template(JsonObject line) {
        var template = new StringBuilder();
        for (JsonElement part : line.getAsJsonArray("parts")) {
            template.append(part.getAsJsonArray().get(0).getAsString().repeat(part.getAsJsonArray().get(1).getAsInt()));
        }
        return template.toString();
    }

    private void assertAllEnd(String title, Map<String, String> templates, Set<String> mayRender) throws Exception {
        for (Map.Entry<String, String> template : templates.entrySet()) {
            Files.writeString(folder.resolve(template.getKey()), template.getValue());
        }
        var problems = new ArrayList<String>();
        long slowest = 0;
        String slowestName = "";
        List<String> lines = run();
        for (String line : lines) {
            String[] fields = line.split("\t", 3);
            long millis = Long.parseLong(fields[1]);
            if (millis > slowest) {
                slowest = millis;
                slowestName = fields[0];
            }
            boolean ended = fields[2].startsWith("error ") || fields[2].startsWith("output ") && mayRender.contains(fields[0]);
            if (!ended || fields[2].length() > 10_000) {
                problems.add(line.substring(0, Math.min(line.length(), 300)));
            }
        }
        assertEquals(List.of(), problems);
        assertEquals(templates.size(), lines.size(), "every template gave a line");
        System.out.println("hostile templates, " + title + ": " + lines.size() + "/" + templates.size()
                + " ended in 64 MB of heap, the slowest (" + slowestName + ") after " + slowest + " ms");
    }

    private List<String> run() throws IOException, InterruptedException, URISyntaxException {
        Path gguf = Path.of(GgufFile.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        String classPath = String.join(File.pathSeparator, "target/classes", "target/test-classes", gguf.toString());
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        classPath,
                        HostileRun.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        List<String> lines;
        try (var output = process.inputReader(StandardCharsets.UTF_8)) {
            lines = output.lines().toList();
        }
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), () -> String.join("\n", lines));
        return lines;
    }
}
