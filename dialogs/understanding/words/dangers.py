"""What danger to life and the news of a death sound like in folded text, and what only sounds so: old ailments, figures of speech."""

import re

EMERGENCY = (
    r"\b(bol\w*|kluje|scisk\w*|gniecie|piecze|pali|ucisk\w*|rozrywa\w*)\b.{0,40}\b(klat\w+|piers(i|iach)\b|mostk\w+|serc(e|u|a)\b)",
    r"\b(klat\w+ piersiow\w+|mostk\w+|w piersiach|serce)\b.{0,25}\b(bol\w*|kluje|scisk\w*|gniecie|piecze|ucisk\w*|boli)",
    (
        r"\bdusz(e|a|ac|y|i)( sie| mnie| go| ja\b)?\b(?! pasterz)|\bduszn\w+|\bnie (moge|moze|mozna|mogla|"
        r"mogl) (juz )?(zlapac|oddychac|oddech\w*|nabrac)"
    ),
    r"\bnie oddycha\b|\bbrak(uje)? (mi |mu |jej )?(tchu|oddechu|powietrza)|\bledwo oddycha\w*|\bsinieje\b|\bsine usta",
    (
        r"\b(mam|ma|mialam|mial|chyba|to|podejrzewam|dostal\w*|przechodze|objawy|teraz) (chyba |teraz |pewnie "
        r")?(zawal\w*|udar\w*|wylew\w*)\b"
    ),
    r"^(zawal|udar|wylew)\b|\bzawal serca\b.{0,20}\b(teraz|pomocy|ratunku)",
    r"\b(strac\w+|traci|trace|bez) (mi )?przytomnosc\w*|\bnieprzytomn\w+|\b(ze|o|za)mdl(al|ala|eje|eja|alam|alem|eje)\b|\bomdl\w+",
    r"\bmdlej\w+|\bzaslab(l|la|lam|lem)\b|\bnie reaguje\b|\bnie rusza sie\b|\bsie nie rusza\b",
    (
        r"\b(zabic|zabije|powiesze|powiesic|podetne|otruc) sie\b|\bsie (zabic|zabije|powiesic|powiesze|otruc)\b|"
        r"\bsamobojst\w+|\bsamobojcz\w+"
    ),
    (
        r"\bnie chc(e|ialbym|ialabym|e mi sie) (mi )?(juz )?(dluzej )?zyc\b|\bskoncz(yc|e) (ze soba|z soba|z zyciem)|"
        r"\bodebr(ac|ac) sobie zycie|\bodbior(e|ę) sobie zycie"
    ),
    (
        r"\bsobie (cos )?(zrobic|zrobie) (cos )?(zlego|krzywde)|\bzrobie sobie (cos|krzywde)|"
        r"\bnie mam (juz )?po co zyc|\bchc(e|ialbym|ialabym) (juz )?umrzec"
    ),
    r"\bkrwotok\w*|\b(mocno|silnie|bardzo) krwaw\w+|\bkrwaw\w+ i nie|\bnie moge zatamowac|\bleje sie krew|\bkrew sie leje|\bduzo krwi\b",
    (
        r"\b(polknal|polknela|polknelam|polknalem|wzial|wziela|wzielam|wzialem|nalykal\w*|zjadl\w*) .{0,20}(wszystkie|"
        r"cale opakowanie|garsc|duzo(?! na (?:glowe|siebie|raz))) .{0,15}(tablet\w+|lek\w+|prosz\w+)?"
    ),
    (
        r"\bratunku\b|\bumieram\b|\bwezw\w+ (karetk\w+|pogotowie)|\b(karetk\w+|pogotowi\w+) (prosze|potrzebn\w*|"
        r"szybko|natychmiast)|\bprosze o karetke|\bpotrzebuje karetki|\bdzwoncie po (karetke|pogotowie)"
    ),
    (
        r"\b(opadl|opada|wykrzywi\w+|krzywi)\b.{0,15}(kacik\w*|twarz\w*|usta)|\b(wykrzywi\w+|opadajac\w+) (mi |mu |jej "
        r")?(twarz|usta|kacik\w*)"
    ),
    (
        r"\bdretwie\w+ (mi |mu |jej )?(cala )?(lewa|prawa|polowa)|\b(lewa|prawa) (reka|strona|"
        r"noga)\b.{0,20}\bdretwie\w+|\bnie czuje (lewej|prawej|polowy)"
    ),
    (
        r"\bdrgaw\w+|\bnapad padaczki\b|\bzatrul\w* sie\b|\bporazil\w* .{0,12}prad|\bwstrzas anafilak\w+|\b(puchnie|"
        r"spuchl\w*) mi (gardlo|jezyk|krtan)"
    ),
    (
        r"\b(upadl\w*|przewrocil\w*|lezy) .{0,25}(nie (wstaje|moze wstac|rusza|reaguje)|bez ruchu)|"
        r"\bnie daje znaku zycia|\bnie mozna (go|jej) dobudzic"
    ),
    (
        r"\b(polknal\w*|polknela) .{0,15}(bateri\w*|trucizn\w*|domestos\w*|kreta)|\bpozar\b|\bulatnia sie gaz|"
        r"\bczad\b.{0,20}(zatrul|mieszkan)\w*|\bodeszly (mi )?wody"
    ),
    r"\bsparalizowa\w+|\bnie (moge|moze) (ruszyc|mowic|wydusic)\b.{0,20}(reka|noga|slowa|polowa)?|\bbelkocz\w*|\bbelkot\w*",
    (
        r"\b(mam dosc|nie widze sensu|nie ma sensu) zyc(ia|ie)?\b|\bnie widze sensu zycia|\bskocz(e|yc) z (mostu|okna|"
        r"dachu)|\brzuc(e|ic) sie pod|\bpodciac zyly|\bpodetne (sobie )?zyly|\bnie warto zyc"
    ),
    (
        r"\bdusi (mnie|go|ja|mi)\b|\bnie moge (tchu|oddechu) zlapac|\bslabo mi (bardzo )?(i|w|,).{0,15}(klat|dusz|"
        r"serc|mdlej)\w*|\bserce wali\w*.{0,20}(slabo|duszno|mdleje|klat\w+)|\bsilne bole w piersi"
    ),
    r"\bserce (mi |mu |jej )?(staje|stanelo|przestaje bic)",
    (
        r"\bchest pain\w*|\bpain in (my |the |his |her )?chest|\bchest (hurts|tightness|is tight|pressure)|\b(can not|"
        r"not able to|hardly|struggling to) breathe?\b|\bshort of breath|\bnot breathing\b"
    ),
    (
        r"\b(having|had|has|have) (a |an )?(heart attack|stroke)\b|\bheart attack\b.{0,20}\b(now|help)\b|"
        r"\bkill myself\b|\bsuicid\w+|\bend my life\b|\b(not|no longer) want to live\b|\bwant to die\b"
    ),
    (
        r"\bunconscious\b|\bpassed out\b|\bfaint(ed|ing)\b|\bcollapsed\b|\bbleeding (heavily|badly|a lot|out)|"
        r"\bheavy bleeding|\b(call|need|send) an? ambulance\b|\bdying\b|\boverdose\w*|\bseizure\w*|\bchoking\b|"
        r"\bsuffocat\w+"
    ),
    (
        r"\b(біль|болить|болять|пече|тисне|стискає|давить|болит|боль)\b.{0,25}\b(груд\w+|серц\w+)|\b(груд\w+|"
        r"серц\w+)\b.{0,20}\b(болить|болять|пече|тисне|давить|болит|біль)"
    ),
    (
        r"\bне (можу|може|могу|может) (дихати|дихать|дышать|вдихнути)|\bзадиха\w+|\bзадыха\w+|\bнема чим дихати|"
        r"\bне дихає\b|\bважко дихати|\bнечем дышать"
    ),
    (
        r"\b(інфаркт|инфаркт|інсульт|инсульт)\w*|\bнепритомн\w+|\b(втратив|втратила|втрачаю|втрачає|потерял|"
        r"потеряла) (свідом\w+|сознани\w+)|\bзнепритомн\w+|\bбез (свідомості|сознания)"
    ),
    (
        r"\b(вбити|убити|убить|вб'ю|уб'ю|убью) себе?\b|\bсамогуб\w+|\bсуїцид\w*|\bсамоубий\w+|\bне хочу (більше |"
        r"больше )?(жити|жить)|\bпокінчити з собою|\bхочу (померти|умереть)|\bнакласти на себе руки"
    ),
    (
        r"\bсильн\w+ кровотеч\w+|\bкровотеч\w+|\bшвидк(у|а) (допомог\w+|будь|потрібна)|\bвикличте швидку|\bскорую\b|"
        r"\bпомираю\b|\bумираю\b|\bрятуйте\b|\bсудом\w+|\bсудорог\w+"
    ),
)
MORE = (
    (
        r"\b(przewrocil|upadl|spadl|przewrocila|upadla|spadla)\w*\b.{0,40}\b(nie (odpowiada|rusza|oddycha|wstaje|"
        r"kontaktuje|reaguje)|krwawi|nieprzytomn\w+)"
    ),
    (
        r"\b(mam[aey]|tat[ao]|maz|zona|babcia|dziadek|ojciec|matka|syn|corka|dziecko|sasiad\w*|brat|siostra|on|"
        r"ona)\b.{0,40}(?<!mu )(?<!jej )(?<!mi )(?<!im )\bnie odpowiada\b"
        r"(?!.{0,20}(termin|dzien|godzin|dat|por|miejsc))|"
        r"\bnie (kontaktuje|daje sie dobudzic|budzi sie|mozna obudzic)\b|\bmajaczy\b|\bnie poznaje (mnie|nas|nikogo)\b|\bcharczy\b"
    ),
    (
        r"\b(wypil|polknel|polkn|zazyl|wzial|wziel|nalyk|lykn)\w* .{0,15}(cal\w+|wszystki\w+|duzo|za duzo|garsc|flakon|"
        r"opakowani\w+) .{0,15}(lek\w*|tablet\w*|prosz\w*|opakowani\w*)"
    ),
    r"\bze soba skoncz\w*",
    (
        r"\b(?:wzielam|wzialem|kupilam|kupilem|zawiazalam|zawiazalem|mam) (?:juz )?(?:sznur|line|petle|zyletke)\b.{0,40}"
        r"\b(?:zegna|koniec|nie ma sensu|dosc)"
    ),
    r"\bnie widze (juz )?sensu\b|\bpozegnal\w* sie (ze|z) (wszystkimi|rodzina)|\bskocz(e|yc) (z|pod)\b|\brzuce sie (z|pod)\b",
    r"\bna pogotowie\b.{0,15}(dzwon|prosze)|\b(dzwoncie|zadzwoncie|dzwon) (na|po) (pogotowie|karetke)\b|\b112\b.{0,10}(dzwon|prosze)",
    r"\bcisnieni\w+ .{0,12}\b(2[0-9]\d)\b|\btetno .{0,8}\b(1[6-9]\d|2\d\d)\b|\bpuls .{0,8}\b(1[6-9]\d|2\d\d)\b",
    r"\b(zaczelam|zaczyna|zaczela) (mi sie )?(rodzic|porod)|\bodeszly wody\b|\bskurcze co\b",
    (
        r"\b(czuc|ulatnia|smierdzi|pachnie) (sie )?gaz\w*|\bgaz\b.{0,25}(kreci|slabo)|\bczad\w*\b.{0,20}(zatru|mieszk|"
        r"dom)|\bzatru(lismy|lam|lem|l|la) sie\b"
    ),
    (
        r"\blapie (powietrze|oddech)\b|\b(reka|reke|noga|noge) (mi|mu|jej)? ?(zwisa|wisi|bezwladn\w+)|\bnagle "
        r"przestal\w* (mowic|widziec|chodzic)"
    ),
    r"\b(serce|serducho)\b.{0,25}\b(lomocze|wali|kolacze|wyskoczy)\b.{0,40}\b(zemdl\w+|slabo|ciemno|upadn\w+|duszno)",
    (
        r"\b(spocil\w+|poty|pot)\b.{0,40}\b(klat\w+|piers\w+|serc\w+)|\bmroczki\b.{0,30}\bnie czuj\w+|"
        r"\bpuchnie\b.{0,12}\b(jezyk|gardlo|twarz|krtan)"
    ),
    (
        r"\bcan not (catch|get) (my|his|her) breath|\b(not|will not|can not) (wak\w+|wake) up\b|\bnot respond\w*|"
        r"\bunresponsive\b|\bface\b.{0,15}\bdroop\w*"
    ),
    (
        r"\b(swallowed|took|taken) .{0,12}(all|lots?|too many|bottle|handful) .{0,10}(pills|tablets|medicine)|\bpassing "
        r"out\b|\babout to faint\b"
    ),
    (
        r"\bble(ed|eding)\b.{0,30}\b(not|will not|does not) stop|\bturning blue\b|\bcan not (speak|"
        r"move)\b.{0,25}\b(face|arm|leg)|\b(arm|face) (is |has )?(gone )?numb\b"
    ),
    (
        r"\b(take|kill|hurt|harm)(ing)? my(self| own life| life)\b|\bno reason to live\b|\bin labou?r\b|\bwaters? "
        r"broke\b|\bsmell of gas\b|\bsmell gas\b"
    ),
    (
        r"\bне приход\w+ до тями\b|\bвідібрало мову\b|\bвідняло (мову|руку|ногу)\b|\bперекосило\b|\bне реагує\b|\bне "
        r"відповідає\b$|\bсиніє\b|\bпосинів\w*"
    ),
    r"\b(наковтал\w+|випил\w*|выпил\w*) .{0,15}(таблет\w+|ліків|лекарств\w*)|\b(кров|кровит\w*)\b.{0,25}\bне (зупин|спин|останавлив)\w+",
    r"\bпочались (перейми|пологи)\b|\bвідійшли води\b|\bзапах газу\b|\bчадн\w+\b|\bстрибну з\b|\bнемає сенсу жити\b|\b(вб'ю|убью) себе\b",
)
EVEN_MORE = (
    (
        r"\batak\w* (serca|padaczki|epilepsji|astmy|dusznosci)|\bpadaczk\w+\b.{0,20}\b(co robic|atak)|\b(krztusi|"
        r"zadlawil|dlawi)\w* sie\b|\bsie (krztusi|dlawi|zadlawil\w*)\b"
    ),
    (
        r"\b(robi|zrobil|zrobila) sie (caly |cala )?(sin[yae]|blad[ya] jak)|\b(sin[yae]|sinieje|posinial\w*)\b|"
        r"\b(kaluz\w+|morze|pelno|wszedzie) krwi\b|\bw kaluzy\b"
    ),
    (
        r"\bbezwladn\w+|\b(nie czuj\w+|brak czucia|stracil\w* czucie)\b.{0,15}\b(pol\w*|rek\w*|nog\w*|twarz\w*|stron\w*|"
        r"cial\w*)|\bkrwawi\w*\b.{0,30}\b(ciaz\w+|obficie|przestaj\w+|pochw\w+)"
    ),
    (
        r"\bratuj\w*\b|\bpomozcie\b.{0,25}(nie|umiera|maz|mama)|\bpora(zil|zony|zona)\w*\b.{0,15}\b(prad\w*|syna|corke|"
        r"dziecko|meza)|\bprad\w* .{0,8}\bporazi\w*"
    ),
    (
        r"\b(dziecko|wnu\w+|syn\w*|cork\w+|maly|mala)\b.{0,15}\b(zjad\w+|wypil\w*|polkn\w+|napil\w*|"
        r"nalyk\w*)\b.{0,15}\b(tablet\w+|lek\w*|chemi\w+|plyn\w*|domestos\w*|trutk\w+|srodk\w+)"
    ),
    (
        r"\b(leze|lezy) (na|pod) (podlo\w+|ziemi|schodami)|\b(nie moge|nie moze) (sie )?(wstac|podniesc|"
        r"ruszyc)\b(?!.*(rano|wczesnie|tak|swit)).{0,25}$|\brozbita glow\w+|\botwarte zlamanie"
    ),
    (
        r"\bnalyka\w*|\bkrew (mu |jej |mi )?(leci |cieknie )?z (ust|ucha|nosa)|\bpodci\w+ (sobie )?zyl|"
        r"\bwstrzas\w*\b.{0,30}\b(puchn\w+|zastrzyk\w*|uczul\w+)|\bwypadek\b.{0,20}\blez\w+"
    ),
    r"\bpomozcie\b|\bdusi sie\b|\bcut (my|her|his) wrists?\b|\b(порізал\w*|порезал\w*) (собі )?вен\w+|\bchest pains?\b",
    (
        r"\bchest (is |feels )?(so |very |really )?tight|\btight(ness)? in (my |the |his |her )?chest|\bend it all\b|"
        r"\bhaving an? (stroke|heart attack|seizure|fit)\b|\bnot moving\b(?! (?:my|the|it|this|that|any)\b)"
    ),
    (
        r"\bне відчуваю (половин\w+|рук\w*|ног\w*|облич\w*)|\bпоперхнув\w*|\bвдавив\w*|\bнапад (епілепсії|серця|астми)|"
        r"\bсерцевий напад|\bлежить у крові|\bвдарило струмом"
    ),
    (
        r"\bпотеряла? сознание|\bплохо с сердцем|\bпогано з серцем|\bзле з серцем|\bзле (jej|mu|mi) z sercem|\bzle z "
        r"sercem|\bcos z sercem\b.{0,20}\b(teraz|nagle|zle)"
    ),
)
CHRONIC = re.compile(
    r"\b(skierow\w+|kieruj\w+|wizyt\w+ (jest )?(z powodu|w sprawie|bo)|szukam|wysilkow\w+|przy (wchodzeniu|"
    r"chodzeniu|wysilku)|po schodach|"
    r"od (\w+ )?(roku|lat|miesi\w+|tygodni\w*|dawna|zawsze|dziecka)|od (pol|kilku|paru|dwoch|trzech|wielu) \w+|temu|"
    r"dawniej|wtedy|bolal\w*|klulo|"
    r"miewa\w+|bywa\w*|zdarza\w*|czasem|czasami|niekiedy|mdlalam|mdlalem|leczy|lecze sie|kontrol\w+|zapisal\w* sie|"
    r"czy (z |na |przy )?(bol\w*|duszno\w+|kolatani\w+|zawal\w*|udar\w*)|"
    r"referral|referred|for (years|months|weeks)|years ago|months ago|sometimes|in (19|20)\d\d|reason to|w (19|20)\d\d|"
    r"направлен\w+|іноді|інколи|буває|тому|рок\w+|місяц\w+|записа\w+|иногда|раньше)\b"
)
FIGURE = re.compile(
    r"\b(z (nudow|ciekawosci|glodu|tesknoty|radosci|smiechu)|ze smiechu|jak (zobaczyl|uslyszal|przeczytal)\w*|na "
    r"(widok|wiesc)|dying (to|of)|"
    r"z bolem serca (\w+ ){0,2}(musz|rezygn|odwol|odmaw|odmow|informuj|zawiadam|pisz|stwierdz|przyznaj)\w*|"
    r"(ta|wasza) kolejka|the wait|rachunek|ciekawosc|od śmiechu|від сміху|з цікавості)\b"
)
OVER = re.compile(
    r"\b(ale |i )?(juz|teraz) (jest |mi |czuje sie )?(dobrze|lepiej|ok|spokojnie|zdrow\w+)\b|"
    r"\bbiore leki\b|\bfine now\b|\bвже (добре|краще)\b"
)
ACUTE = re.compile(
    r"\b(teraz|wlasnie|nagle|natychmiast|w tej chwili|od (rana|godziny|nocy|wczoraj|kilku minut|kilku godzin)|nie "
    r"przechodzi|coraz (mocniej|gorzej|bardziej)|"
    r"ratunku|pomocy|karetk\w*|pogotowi\w*|now|suddenly|right now|help|ambulance|зараз|раптово|негайно|допоможіть|швидку)\b"
)
WILL_TO_DIE = re.compile(
    r"zabic sie|sie zabic|samoboj|nie chc\w+ (mi sie )?(juz |dluzej )?zyc|skoncz\w+ (ze soba|z soba|z zyciem)|kill "
    r"myself|suicid|want to die|"
    r"not want to live|вбити себе|самогуб|не хочу (більше )?жити|хочу померти|sens\w* zy|widze (juz )?sensu"
)
NOT_NOW = re.compile(
    r"\b(rok temu|lat temu|lata temu|miesiac\w* temu|tydzien temu|tygodni\w* temu|w zeszlym (roku|miesiacu)|"
    r"po (przebytym )?(zawale|udarze|wylewie)|przeby\w+ (zawal|udar)|"
    r"od (kilku |paru )?(miesiac\w*|roku|lat|tygodni\w*|dawna)|czasem|czasami|od czasu do czasu|miewam|kiedys|"
    r"w 20\d\d|w dziecinstwie|ago|last year|after (a|my) (heart attack|stroke)|рік тому|років тому|"
    r"після (інфаркту|інсульту))\b"
)
NO_DANGER = re.compile(
    r"\b(juz (mi |mnie )?nie (boli|kluje|dusi)|nic mnie nie boli|nie boli mnie|nie mam (juz )?(dusznosci|bolu|"
    r"boli)|jak krew z nosa|z (?:\w+ )?bolem serca|przestal\w* bolec|nie chce sie zabic|bolu w klatce (juz )?nie|czuje sie dobrze)\b"
)
DEATH = (
    (
        r"\bnie zyj(e|a)\b|\b(z|u)mar(l|la|li|lo|ly)\b|\bzmarl(ej|ego|emu|a)\b|\bzgon\w*\b|\bsmierc\w* (pacjent\w+|"
        r"mam\w+|mat\w+|ojc\w+|tat\w+|mez\w+|zon\w+|bab\w+|dziad\w+|brat\w+|siostr\w+|syn\w+|cork\w+)"
    ),
    (
        r"\b(mama|mamusia|tata|ojciec|matka|maz|zona|babcia|dziadek|brat|siostra|tesciowa|tesc|pacjent|"
        r"pacjentka) (nam |nas |niestety |juz |od nas |wczoraj )*(odszedl|odeszla|zginal|zginela|spoczywa)"
    ),
    (
        r"\b(odszedl|odeszla|zginal|zginela)\b.{0,25}\b(mama|tata|ojciec|matka|maz|zona|babcia|dziadek|brat|siostra|"
        r"pacjent|pacjentka)\b|\bpochowa(lismy|lam|lem|lysmy)\b|\bnie ma (jej|go) (juz )?(wsrod|z nami)|"
        r"\bswietej pamieci|\bs\.? ?p\. (mama|tata|maz|zona)"
    ),
    (
        r"\b(has |have )?(died|passed away|deceased)\b|\bis (already |now )?dead\b|\b(his|her|my (mother|father|"
        r"husband|wife)'?s?) death\b|\bis no longer (alive|with us)\b"
    ),
    (
        r"\b(помер|померла|померли|умер|умерла|загинув|загинула)\b|\bнемає в живих|\bнет в живых|\bпішов з життя|"
        r"\bпішла з життя|\bсмерт\w+ (пацієнт\w+|чоловік\w+|мам\w+|батьк\w+)|\bпоховали\b"
    ),
)
NOT_A_PATIENT = re.compile(
    r"\b(pies|kot|psa|kota|chomik|telefon|bateria|dog|cat|phone|собака|кіт|телефон|chyba umre|umre z|dead battery|"
    r"gdybym umarl\w*|jak umre|zanim umre|prawie umarl\w*|o malo nie umarl\w*|nie umarl\w*|jeszcze nie umarl\w*|"
    r"jeszcze zyj\w+|nikt nie umarl|not dead|ще не помер)\b"
)
BEREAVED = re.compile(
    r"\b(pogrzeb\w*|funeral|похорон\w*|umarl\w* mi|zmarl\w* mi|mi umarl\w*|mi zmarl\w*|(zmarl\w*|"
    r"umarl\w*) (\w+ )?(sasiad\w*|znajom\w+|kolega|kolezank\w+|przyjaci\w*|kuzyn\w*)|(sasiad\w*|znajom\w+|kolega|"
    r"kolezank\w+|"
    r"przyjaci\w*|kuzyn\w*) (\w+ )?(zmarl\w*|umarl\w*)|(friend|neighbo\w+) (died|passed)|сусід\w* помер\w*)\b"
)
