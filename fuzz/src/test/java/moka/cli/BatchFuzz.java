package moka.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import moka.cli.json.JsonLines;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Failures;
import moka.engine.EngineException;
import moka.engine.GenerationOptions;
import moka.engine.grammar.GrammarException;
import moka.fuzz.Refusal;
import moka.template.TemplateException;

/** Lines of a batch: a refusal is one of those that the batch notes as the answer to its line and goes on. */
class BatchFuzz {
    @FuzzTest
    void batch(byte[] bytes) {
        List<JsonLines.Line> lines = new String(bytes, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .map(line -> new JsonLines.Line("fuzz.jsonl", 1, line))
                .toList();
        Batch.Source source = Batch.Source.ofJsonLines("fuzz.jsonl", lines);
        for (int i = 0; i < lines.size(); i++) {
            try {
                JsonObject line = source.object(i);
                BatchLine.options(line, GenerationOptions.DEFAULT);
                if (BatchLine.messages(line).isEmpty()) {
                    BatchLine.prompt(line);
                }
            } catch (CommandFailure | EngineException | GrammarException | TemplateException | IllegalArgumentException refusal) {
                Refusal.check(Failures.line(refusal));
            }
        }
    }
}
