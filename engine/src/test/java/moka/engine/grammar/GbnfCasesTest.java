package moka.engine.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

/** Grammars with texts they accept and refuse: {@code ../shared/public/grammars}, verdicts of llama.cpp v0.5.0. */
class GbnfCasesTest {
    @Test
    void agreesWithEveryVerdict() {
        List<String> failures = new ArrayList<>();
        int grammars = 0;
        int texts = 0;
        for (JsonObject test : SharedData.objects("public/grammars/gbnf.jsonl")) {
            grammars++;
            texts += check(test, failures);
        }
        ConformanceTable.add("gbnf.jsonl", "texts of " + grammars + " grammars", texts - failures.size(), texts, failures);
        assertEquals(List.of(), failures);
        assertEquals(64, grammars);
    }

    @Test
    void agreesOnConvertedSchemas() {
        List<String> failures = new ArrayList<>();
        int texts = 0;
        for (JsonObject test : SharedData.objects("public/grammars/schemas-as-gbnf.jsonl")) {
            texts += check(test, failures);
        }
        ConformanceTable.add("schemas-as-gbnf.jsonl", "texts of 108 grammars", texts - failures.size(), texts, failures);
        assertEquals(List.of(), failures);
        assertEquals(875, texts);
    }

    @Test
    void refusesEveryMalformedGrammarAtOnce() {
        List<String> failures = new ArrayList<>();
        List<JsonObject> tests = SharedData.objects("public/grammars/gbnf-malformed.jsonl");
        for (JsonObject test : tests) {
            String name = test.get("name").getAsString();
            String message = assertTimeoutPreemptively(Duration.ofSeconds(10), () -> refusal(test.get("grammar").getAsString()), name);
            if (message.isEmpty() || message.contains("\n")) {
                failures.add(name + ": " + message);
            }
        }
        ConformanceTable.add("gbnf-malformed.jsonl", "grammars refused", tests.size() - failures.size(), tests.size(), failures);
        assertEquals(List.of(), failures);
        assertEquals(36, tests.size());
    }

    private static int check(JsonObject test, List<String> failures) {
        String name = test.get("name").getAsString();
        Grammar grammar;
        try {
            grammar = Grammar.ofGbnf(test.get("grammar").getAsString());
        } catch (GrammarException e) {
            failures.add(name + ": " + e.getMessage());
            return 1;
        }
        for (JsonElement text : test.getAsJsonArray("accept")) {
            if (!grammar.accepts(text.getAsString())) {
                failures.add(name + " refuses " + text + ": " + grammar.check(text.getAsString()));
            }
        }
        for (JsonElement element : test.getAsJsonArray("reject")) {
            if (element.isJsonObject()) {
                JsonObject reject = element.getAsJsonObject();
                var expected = new Grammar.Check(false, reject.get("at").getAsInt());
                Grammar.Check found = grammar.check(reject.get("text").getAsString());
                if (!found.equals(expected)) {
                    failures.add(name + " on " + reject.get("text") + ": found " + found + ", expected " + expected);
                }
            } else if (grammar.accepts(element.getAsString())) {
                failures.add(name + " accepts " + element);
            }
        }
        return test.getAsJsonArray("accept").size() + test.getAsJsonArray("reject").size();
    }

    private static String refusal(String grammar) {
        try {
            Grammar.ofGbnf(grammar);
            return "";
        } catch (GrammarException e) {
            return e.getMessage();
        }
    }
}
