package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import moka.cli.TestStreams.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prompts as people of ollama, llm and aichat write them. */
class PromptsTest {
    private static final String QUESTION = "What is the capital of France?";
    private static final Outcome ANSWER = new Outcome(0, "The capital of France is Paris.\n", "");

    @Test
    void wordsBehindTheModelAreThePrompt() {
        assertEquals(ANSWER, TestStreams.run("run", "pebble", QUESTION, "--temp", "0"));
        assertEquals(ANSWER, TestStreams.run("run", "--temp", "0", "pebble", "What", "is", "the", "capital", "of", "France?"));
        assertEquals(ANSWER, TestStreams.run("run", "-m", "pebble", QUESTION, "--temp", "0"));
        assertEquals(ANSWER, TestStreams.run("run", "-m=pebble", "-p=" + QUESTION, "--temp=0", "-n99", "-b", "2048", "-ub", "512", "-st"));
        assertEquals(ANSWER, TestStreams.run("run", QUESTION, "--temp", "0"), "a sentence is no model");
        assertEquals(ANSWER, TestStreams.run(QUESTION, Map.of(), "run", "pebble", "-", "--temp", "0"));
        assertEquals(ANSWER, TestStreams.run(QUESTION, Map.of(), "run", "-", "--temp", "0"));
        Outcome both = TestStreams.run("of France?", Map.of(), "run", "What is the capital", "-f", "-", "--show-prompt", "-n", "1");
        assertTrue(both.err().contains("What is the capital\n\nof France?"), both.err());
        assertEquals(both.err(), TestStreams.run("of France?", Map.of(), "run", "pebble", "What", "is the capital", "-f", "-", "--show-prompt", "-n", "1").err());
    }

    @Test
    void theEndOfALastLineAndAByteOrderMarkAreNoPartOfThePrompt(@TempDir Path folder) throws IOException {
        Outcome expected = TestStreams.run("run", "-p", QUESTION, "--show-prompt", "-n", "1");
        for (String text : List.of(QUESTION, QUESTION + "\n", QUESTION + "\r\n", "\ufeff" + QUESTION + "\n")) {
            Path file = Files.writeString(folder.resolve("prompt.txt"), text);
            assertEquals(expected.err(), TestStreams.run("run", "-f", file.toString(), "--show-prompt", "-n", "1").err());
            assertEquals(expected.err(), TestStreams.run(text, Map.of(), "run", "--show-prompt", "-n", "1").err());
        }
        Outcome twoLines = TestStreams.run("one\n\n", Map.of(), "run", "--show-prompt", "-n", "1");
        assertTrue(twoLines.err().contains("one\n"), twoLines.err());
    }

    @Test
    void refusesTwoPromptsAndTwoModels() {
        Outcome prompts = TestStreams.run("run", "pebble", "one", "-p", "two");
        assertEquals(2, prompts.exitCode());
        assertEquals("moka: two prompts: 'one' and -p, expected one\n", prompts.err());
        Outcome models = TestStreams.run("run", "a.gguf", "-m", "b.gguf", "-p", "x");
        assertEquals(2, models.exitCode());
        assertTrue(models.err().contains("two models"), models.err());
    }

    @Test
    void aRoleGivesOptions(@TempDir Path folder) throws IOException {
        Path config = Files.writeString(
                folder.resolve("config"), "temp = 1\n[run]\nmax-tokens = 1\n[role calm]\ntemp = 0\nmax-tokens = 20\n[role odd]\ntempp = 1\n");
        Map<String, String> environment = Map.of("MOKA_CONFIG", config.toString());
        assertEquals(ANSWER, TestStreams.run("", environment, "run", "-p", QUESTION, "--role", "calm"));
        assertEquals(ANSWER, TestStreams.run("", environment, "run", "-p", QUESTION, "--role=calm"));
        assertEquals("The capital\n", TestStreams.run("", environment, "run", "-p", QUESTION, "--role", "calm", "-n", "2").out(), "flags win");
        Outcome missing = TestStreams.run("", environment, "run", "-p", QUESTION, "--role", "wild");
        assertEquals(2, missing.exitCode());
        assertEquals("moka: --role 'wild': no [role wild] in " + config + "; there are calm, odd\n", missing.err());
        Outcome odd = TestStreams.run("", environment, "run", "-p", QUESTION, "--role", "odd");
        assertEquals(2, odd.exitCode());
        assertTrue(odd.err().contains("'tempp' is no option of any command"), odd.err());
        assertEquals(2, TestStreams.run("run", "-p", QUESTION, "--role", "calm").exitCode(), "there is no file");
    }

    @Test
    void extractsCode() {
        String grammar = "root ::= \"Look: ```sh\\nls -l\\n```\\nThat is all.\"";
        assertEquals(new Outcome(0, "ls -l\n", ""), TestStreams.run("run", "-p", "x", "--grammar", grammar.replace("Look: ", "Look:\\n"), "-x"));
        assertEquals(ANSWER, TestStreams.run("run", "-p", QUESTION, "--temp", "0", "-x"), "where there is none, the answer");
    }

    @Test
    void formatJsonIsAnyObject() {
        Outcome object = TestStreams.run("grammar", "--format", "json", "--check", "{\"a\": [1, true]}");
        assertEquals(0, object.exitCode(), object.err());
        assertEquals(1, TestStreams.run("grammar", "--format", "json", "--check", "[1]").exitCode());
        assertEquals(0, TestStreams.run("grammar", "--format", "{\"type\": \"integer\"}", "--check", "12").exitCode());
        assertEquals(2, TestStreams.run("grammar", "--format", "json", "-j", "{}", "--check", "{}").exitCode());
    }
}
