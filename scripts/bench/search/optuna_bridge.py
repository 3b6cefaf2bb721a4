# Optuna's TPE sampler, asked and told over stdin and stdout, one line of JSON each; see optuna.ts.
import json
import sys

import optuna
from optuna.distributions import CategoricalDistribution, IntDistribution

optuna.logging.set_verbosity(optuna.logging.ERROR)
study = None
space = {}
trial = None


def distribution(knob):
    if knob["choices"] is not None:
        return CategoricalDistribution(knob["choices"][knob["min"] : knob["max"] + 1])
    return IntDistribution(knob["min"], knob["max"], log=knob["log"])


def inside(configuration):
    """What was measured before the search may lie outside of the ranges: then it is left out."""
    try:
        return all(space[name]._contains(space[name].to_internal_repr(value)) for name, value in configuration.items())
    except ValueError:
        return False


for line in sys.stdin:
    message = json.loads(line)
    if "begin" in message:
        space = {knob["name"]: distribution(knob) for knob in message["begin"]}
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=message["seed"]))
    elif "ask" in message:
        trial = study.ask(space)
        print(json.dumps({"configuration": trial.params}), flush=True)
    elif "refused" in message:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    elif "configuration" in message:
        known = {name: message["configuration"][name] for name in space}
        if inside(known):
            study.add_trial(optuna.trial.create_trial(params=known, distributions=space, value=message["tell"]))
    else:
        study.tell(trial, message["tell"])
