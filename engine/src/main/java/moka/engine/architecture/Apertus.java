package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Curves;
import moka.engine.ops.Rope;

/**
 * Apertus: norms on the heads of queries and keys, and a feed-forward of xIELU with learned parameters and no gate.
 *
 * @see <a href="https://arxiv.org/abs/2509.14233">Apertus</a>
 */
public final class Apertus implements Architecture {
    /** Stateless. */
    public Apertus() {}

    @Override
    public List<String> names() {
        return List.of("apertus");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .normHeads()
                    .rope(rope)
                    .attend()
                    .addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            Activations up = feedForward.up(decoder.rmsNorm(block, "ffn_norm"));
            float beta = parameter(h, "beta", block);
            float alphaP = Curves.softplus(parameter(h, "alpha_p", block));
            float alphaN = beta + Curves.softplus(parameter(h, "alpha_n", block));
            float epsilon = parameter(h, "eps", block);
            decoder.steps().change(up, it -> {
                for (int i = 0; i < up.columns(); i++) {
                    it[i] = Curves.xielu(it[i], alphaN, alphaP, beta, epsilon);
                }
            });
            feedForward.addToX(new Input.Plain(up));
        });
    }

    private static float parameter(Hyperparameters h, String name, Block block) {
        return h.metadata().requireArray("xielu." + name).floats()[block.layer()];
    }
}
