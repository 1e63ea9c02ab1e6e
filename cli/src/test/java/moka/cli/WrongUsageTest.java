package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import moka.cli.TestStreams.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Slips of the fingers: one line that names what was meant. */
class WrongUsageTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "inspcet | unknown command 'inspcet', did you mean 'inspect'?",
        "quant | unknown command 'quant', did you mean 'quantize'?",
        "qwen3:0.6b | unknown command 'qwen3:0.6b', and no such file: a model is given by its name with 'moka chat qwen3:0.6b'",
        "'Why is the sky blue?' | unknown command 'Why is the sky blue?': a prompt is given with 'moka run -p TEXT'"
    })
    void aCommandThatIsNone(String word, String expected) {
        assertEquals(new Outcome(2, "", "moka: " + expected + "\n"), TestStreams.run(word));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "run | --tmep | , did you mean '--temp'?",
        "run | --top_k | , did you mean '--top-k'?",
        "run | --max-token | , did you mean '--max-tokens'?",
        "chat | --sytem=x | , did you mean '--system'?",
        "bench | --profil | , did you mean '--profile'?",
        "run | --frobnicate | ''",
        "run | -fit | ''",
        "run | -nkvo | ''"
    })
    void anOptionThatIsNone(String command, String option, String hint) {
        assertEquals(
                new Outcome(2, "", "moka: Unknown option: '" + option + "'" + hint + "\nTry 'moka " + command + " --help'.\n"),
                TestStreams.run(command, option));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "run -p x -n many | Invalid value for option '--max-tokens': 'many' is no whole number~Try 'moka run --help'.",
        "run -p x --temp hot | Invalid value for option '--temperature': 'hot' is no number~Try 'moka run --help'.",
        "run -p x --template-variables { | --template-variables: malformed JSON: End of input at line 1 column 2 path $.",
        "perplexity -p x --chunks 0 | --chunks 0, expected 1 or more (or -1 for all)",
        "quantize a.gguf b.gguf Q4_0 -t -3 | --threads -3, expected 1 or more (or 0 for the default)"
    })
    void aValueThatIsNone(String line, String expected) {
        assertEquals(new Outcome(2, "", "moka: " + expected.replace("~", "\n") + "\n"), TestStreams.run(line.split(" ")));
    }

    @Test
    void aFileThatIsNone(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("model.gguf"), "");
        Path json = Files.writeString(folder.resolve("chat.json"), "the end");
        Path message = Files.writeString(folder.resolve("message.json"), "{\"role\":\"user\"}");
        Path typed = folder.resolve("modle.gguf");
        assertEquals("moka: " + typed + ": no such file, did you mean '" + folder.resolve("model.gguf") + "'?\n", TestStreams.run("run", typed.toString(), "-p", "x").err());
        assertEquals(
                "moka: " + folder.resolve("none/text") + ": there is no such folder\n",
                TestStreams.run("run", "-f", folder.resolve("none/text").toString()).err());
        assertEquals(
                "moka: " + json + ": malformed JSON: found what is none at line 1 column 6 path $\n",
                TestStreams.run("template", "--messages", json.toString()).err());
        assertEquals(
                "moka: " + message + ": expected a list of messages, or an object with \"messages\"\n",
                TestStreams.run("template", "--messages", message.toString()).err());
    }

    @Test
    void aNameInTheConfigurationThatIsNone(@TempDir Path folder) throws IOException {
        Path config = Files.writeString(folder.resolve("config"), "max-tokns = 3\n");
        assertEquals(
                new Outcome(2, "", "moka: " + config + ": 'max-tokns' is no option of any command, did you mean 'max-tokens'?\n"),
                TestStreams.run("", Map.of("MOKA_CONFIG", config.toString()), "run", "-p", "x"));
    }
}
