package moka.template;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

/** The small cases of {@code shared/own/jinja-features}: the reference is Jinja 3.1.6 as Hugging Face transformers sets it up. */
class JinjaFeaturesTest {
    @Test
    void rendersAllCoreCases() throws IOException {
        assertAllPass("core");
    }

    @Test
    void rendersAllExtraCases() throws IOException {
        assertAllPass("extra");
    }

    private static void assertAllPass(String tier) throws IOException {
        var groups = new TreeMap<String, int[]>();
        var failures = new ArrayList<String>();
        for (JsonObject line : SharedData.objects(SharedData.require("own/jinja-features/cases.jsonl"))) {
            if (!line.get("tier").getAsString().equals(tier)) {
                continue;
            }
            String name = line.get("name").getAsString();
            int[] counts = groups.computeIfAbsent(name.substring(0, name.indexOf('-')), group -> new int[2]);
            String outcome = outcome(line.get("template").getAsString(), line.getAsJsonObject("context"));
            counts[1]++;
            if (expected(line).contains(outcome)) {
                counts[0]++;
            } else {
                failures.add(name + ": expected " + expected(line) + ", got " + outcome);
            }
        }
        ConformanceReport.write("jinja features, " + tier, "group", groups, failures);
        assertEquals(List.of(), failures);
    }

    /** What may come out: the output, or the kind of error, with the message where the template made it. */
    private static List<String> expected(JsonObject line) {
        if (!line.has("error")) {
            return List.of("output " + line.get("output").getAsString());
        }
        String kind = line.get("error").getAsString();
        String error = "error " + kind + (kind.equals("raise") ? " " + line.get("message").getAsString() : "");
        // Lists and dicts that the template made itself may be changed here, which the reference forbids.
        return line.has("output_if_mutable")
                ? List.of(error, "output " + line.get("output_if_mutable").getAsString())
                : List.of(error);
    }

    private static String outcome(String template, JsonObject context) {
        ChatTemplate parsed;
        try {
            parsed = ChatTemplate.parse("case", template, ReferenceData.OPTIONS);
        } catch (TemplateException malformed) {
            assertEquals(TemplateException.Kind.SYNTAX, malformed.kind(), "only syntax errors come from parsing");
            return "error syntax";
        }
        try {
            return "output " + parsed.renderContext(ReferenceData.map(context));
        } catch (TemplateException failure) {
            boolean raised = failure.kind() == TemplateException.Kind.RAISE;
            return "error " + failure.kind().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-')
                    + (raised ? " " + failure.getMessage() : "");
        }
    }
}
