"""Numbers, months and weekdays in words, all inflected forms; Ukrainian lists carry the Russian forms people mix in."""

_PL_UNITS = (
    "zero zera zerem zerko", "jeden jedna jedno jednego jednej jedynka jedynke", "dwa dwie dwoch dwom dwojka dwojke",
    "trzy trzech trojka trojke", "cztery czterech czworka czworke", "piec pieciu piatka piatke", "szesc szesciu szostka szostke",
    "siedem siedmiu siodemka siodemke", "osiem osmiu osemka osemke", "dziewiec dziewieciu dziewiatka dziewiatke",
    "dziesiec dziesieciu", "jedenascie jedenastu", "dwanascie dwunastu", "trzynascie trzynastu", "czternascie czternastu",
    "pietnascie pietnastu", "szesnascie szesnastu", "siedemnascie siedemnastu", "osiemnascie osiemnastu",
    "dziewietnascie dziewietnastu",
)  # fmt: skip
_PL_TENS = "dwadziescia trzydziesci czterdziesci piecdziesiat szescdziesiat siedemdziesiat osiemdziesiat dziewiecdziesiat"
_PL_HUNDREDS = "sto dwiescie trzysta czterysta piecset szescset siedemset osiemset dziewiecset"
_PL_ORDINALS = (
    "pierwsz drug trzeci czwart piat szost siodm osm dziewiat dziesiat jedenast dwunast trzynast czternast pietnast "
    "szesnast siedemnast osiemnast dziewietnast"
)
_PL_ORDINAL_TENS = "dwudziest trzydziest czterdziest piecdziesiat szescdziesiat siedemdziesiat osiemdziesiat dziewiecdziesiat"
_PL_ENDINGS = "y a e ego emu ym ej i iego iemu im iej ia ie"

_UK_UNITS = (
    "нуль ноль нуля", "один одна одне одного одной", "два дві две двох", "три трьох трёх", "чотири четыре", "п'ять пять пять",
    "шість шесть", "сім семь", "вісім восемь", "дев'ять девять", "десять", "одинадцять одиннадцать", "дванадцять двенадцать",
    "тринадцять тринадцать", "чотирнадцять четырнадцать", "п'ятнадцять пятнадцять пятнадцать", "шістнадцять шестнадцать",
    "сімнадцять семнадцать", "вісімнадцять восемнадцать", "дев'ятнадцять девятнадцять девятнадцать",
)  # fmt: skip
_UK_TENS = (
    "двадцять двадцать", "тридцять тридцать", "сорок", "п'ятдесят пятдесят пятьдесят", "шістдесят шестьдесят",
    "сімдесят семьдесят", "вісімдесят восемьдесят", "дев'яносто девяносто",
)  # fmt: skip
_UK_HUNDREDS = (
    "сто", "двісті двести", "триста", "чотириста четыреста", "п'ятсот пятсот пятьсот", "шістсот шестьсот", "сімсот семьсот",
    "вісімсот восемьсот", "дев'ятсот девятсот девятьсот",
)  # fmt: skip
_UK_ORDINALS = (
    "перш друг трет четверт п'ят шост сьом восьм дев'ят десят одинадцят дванадцят тринадцят чотирнадцят п'ятнадцят "
    "шістнадцят сімнадцят вісімнадцят дев'ятнадцят"
)
_UK_ORDINAL_TENS = "двадцят тридцят сороков п'ятдесят шістдесят сімдесят вісімдесят дев'яност"
_UK_ENDINGS = "ий а е ого ої ому ій у ою ім им ього ьої ій ья ое ая ый ой"

_EN_UNITS = (
    "zero oh nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_EN_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)
_EN_ORDINAL_TENS = "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"

THOUSAND = frozenset(["tysiac", "тисяча", "тысяча", "thousand"])
THOUSANDS = frozenset(["tysiace", "tysiecy", "tysiaca", "тисячі", "тисяч", "тысячи", "тысяч"])
THOUSANDTH = frozenset(
    [
        "dwutysieczny",
        "dwutysiecznego",
        "dwutysiecznym",
        "двотисячного",
        "двотисячний",
        "двухтысячного",
        "двохтисячного",
        "двохтисячний",
        "dwutysieczne",
    ]
)
HUNDRED = frozenset({"hundred"})
ZEROES = frozenset({"zera", "zer", "нулі", "нулів", "zeros", "zeroes"})


def _cardinals() -> dict[str, int]:
    found: dict[str, int] = {}
    for listing in (_PL_UNITS, _UK_UNITS, _EN_UNITS):
        found.update({form: value for value, forms in enumerate(listing) for form in forms.split()})
    for tens in (_PL_TENS.split(), _UK_TENS, _EN_TENS.split()):
        found.update({form: 10 * (place + 2) for place, forms in enumerate(tens) for form in forms.split()})
    for hundreds in (_PL_HUNDREDS.split(), _UK_HUNDREDS):
        found.update({form: 100 * (place + 1) for place, forms in enumerate(hundreds) for form in forms.split()})
    oblique = {"dwudziestu": 20, "trzydziestu": 30, "czterdziestu": 40, "piecdziesieciu": 50}
    return found | oblique


def _ordinals() -> dict[str, int]:
    found: dict[str, int] = {}
    for stems, tens, endings in (
        (_PL_ORDINALS, _PL_ORDINAL_TENS, _PL_ENDINGS),
        (_UK_ORDINALS, _UK_ORDINAL_TENS, _UK_ENDINGS),
    ):
        numbered = [(stem, place + 1) for place, stem in enumerate(stems.split())]
        numbered += [(stem, 10 * (place + 2)) for place, stem in enumerate(tens.split())]
        found.update({stem + ending: value for stem, value in numbered for ending in endings.split()})
        found.update({(stem + ending).replace("'", ""): value for stem, value in numbered for ending in endings.split()})
    found.update({form: place + 1 for place, form in enumerate(_EN_ORDINALS.split())})
    found.update({form: 10 * (place + 2) for place, form in enumerate(_EN_ORDINAL_TENS.split())})
    return found | {"trzeci": 3, "setnego": 100, "третій": 3, "третя": 3, "третє": 3, "третьего": 3, "dwutysieczny": 2000}


CARDINALS = _cardinals()
ORDINALS = {form: value for form, value in _ordinals().items() if form not in CARDINALS}

_MONTHS = (
    "styczen stycznia styczniu january jan січень січня січні января январе",
    "luty lutego lutym february feb лютий лютого лютому февраля феврале",
    "marzec marca marcu march березень березня березні марта марте",
    "kwiecien kwietnia kwietniu april apr квітень квітня квітні апреля апреле",
    "maj maja maju may травень травня травні мая мае",
    "czerwiec czerwca czerwcu june jun червень червня червні июня июне",
    "lipiec lipca lipcu july jul липень липня липні июля июле",
    "sierpien sierpnia sierpniu august aug серпень серпня серпні августа августе",
    "wrzesien wrzesnia wrzesniu september sep sept вересень вересня вересні сентября сентябре",
    "pazdziernik pazdziernika pazdzierniku october oct жовтень жовтня жовтні октября октябре",
    "listopad listopada listopadzie november nov листопад листопада листопаді ноября ноябре",
    "grudzien grudnia grudniu december dec грудень грудня грудні декабря декабре",
)
MONTHS = {form: place + 1 for place, forms in enumerate(_MONTHS) for form in forms.split()}

_WEEKDAYS = (
    "poniedzialek poniedzialku poniedzialkowy poniedzialkowa poniedzialkowej pon monday mon понеділок понеділка понедельник",
    "wtorek wtorku wtorkowy wtorkowa wtorkowej wt tuesday tue вівторок вівторка вторник",
    "sroda srode srody srodowa srodowy srodowej sr wednesday wed середа середу середи среду среда",
    "czwartek czwartku czwartkowa czwartkowy czwartkowej czw thursday thu четвер четверга четверг",
    "piatek piatku piatkowa piatkowy piatkowej pt friday fri п'ятниця п'ятницю п'ятниці пятницю пятниця пятница",
    "sobota sobote soboty sobotnia sobotni sob saturday sat субота суботу суботи субботу суббота",
    "niedziela niedziele niedzieli niedzielna nd niedz sunday sun неділя неділю неділі воскресенье",
)
WEEKDAYS = {form: place + 1 for place, forms in enumerate(_WEEKDAYS) for form in forms.split()}
_WEEKDAYS_EVERY = (
    "poniedzialki poniedzialkach mondays понеділки", "wtorki tuesdays вівторки", "srody srodach wednesdays середи",
    "czwartki thursdays четверги", "piatki piatkach fridays п'ятниці", "soboty sobotach saturdays суботи",
    "niedziele sundays неділі",
)  # fmt: skip
WEEKDAYS_EVERY = {form: place + 1 for place, forms in enumerate(_WEEKDAYS_EVERY) for form in forms.split()}
